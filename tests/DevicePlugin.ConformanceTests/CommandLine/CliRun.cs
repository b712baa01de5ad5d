namespace DevicePlugin.ConformanceTests.CommandLine;

internal sealed record CliRun(int ExitCode, string Output, string Errors)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
