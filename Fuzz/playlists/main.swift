// SPDX-License-Identifier: Apache-2.0

import FuzzBodies
import FuzzDriver

runFuzzer(FuzzBody.named("playlists"))
