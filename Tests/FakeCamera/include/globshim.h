// SPDX-License-Identifier: Apache-2.0
// Nothing to call: who links globshim.c has its glob(). Usage: see fakecam.c.
