import FuzzBodies
import FuzzDriver

runFuzzer(FuzzBody.named("boxes"))
