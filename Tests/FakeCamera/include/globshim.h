// SPDX-License-Identifier: Apache-2.0
// No function to call: linking globshim.c replaces glob(). Usage: see fakecam.c.
