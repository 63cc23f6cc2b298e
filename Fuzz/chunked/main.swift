import FuzzBodies
import FuzzDriver

runFuzzer(FuzzBody.named("chunked"))
