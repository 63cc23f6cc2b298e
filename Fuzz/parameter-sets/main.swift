import FuzzBodies
import FuzzDriver

runFuzzer(FuzzBody.named("parameter-sets"))
