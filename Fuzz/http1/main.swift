import FuzzBodies
import FuzzDriver

runFuzzer(FuzzBody.named("http1"))
