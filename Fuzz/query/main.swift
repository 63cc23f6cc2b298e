import FuzzBodies
import FuzzDriver

runFuzzer(FuzzBody.named("query"))
