// TorchSharp frees an implicitly made scalar when a collection of garbage finds it dead, be it during the native call that
// reads it. The training thread starts no collection meanwhile; other tests would.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
