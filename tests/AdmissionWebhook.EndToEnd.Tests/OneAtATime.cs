// Each class starts a control plane of its own, and what is measured in one must not wait for another.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
