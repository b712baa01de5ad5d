namespace DevicePlugin.Benchmarks;

/// <param name="Configuration">What is in its config block, in HCL.</param>
internal sealed record Contender(FileInfo Executable, string Configuration);
