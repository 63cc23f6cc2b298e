import FuzzBodies
import FuzzDriver

runFuzzer(FuzzBody.named("names"))
