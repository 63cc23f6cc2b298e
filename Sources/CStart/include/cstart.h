// SPDX-License-Identifier: Apache-2.0
// No declarations: cstart.c is linked, and called by the dynamic loader.
