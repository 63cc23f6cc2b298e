// SPDX-License-Identifier: Apache-2.0
// The markup of the time bar: one copy of it is in the built file.

export const pastMarkup = () => PAST_MARKUP;
