namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>What the hardware probe costs on one node; all the node's GPUs together.</summary>
/// <param name="Refresh">The mean of the refreshes, in which nothing had changed.</param>
/// <param name="Sample">The mean of a minute of samples.</param>
/// <param name="SlowestSample">In milliseconds.</param>
/// <param name="Values">Of one served device.</param>
internal sealed record ProbeFigures(
    StepFigures Refresh, StepFigures Sample, double SlowestSample, int Values);
