namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>Times in milliseconds. The processor time includes the mock's own.</summary>
/// <param name="Allocated">Bytes on the managed heap.</param>
internal sealed record StepFigures(double Elapsed, double Processor, double Calls, double Allocated);
