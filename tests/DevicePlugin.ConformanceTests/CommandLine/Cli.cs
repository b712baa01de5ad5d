using System.Diagnostics;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.CommandLine;

/// <summary>The published executable as a person or a script runs it.</summary>
internal static class Cli
{
    public static Task<CliRun> RunAsync(params string[] arguments) =>
        RunAsync(new Dictionary<string, string>(), arguments);

    public static Task<CliRun> RunAsync(
        IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        RunFileAsync(Repository.Executable(), TimeSpan.FromSeconds(30), environment, arguments);

    public static async Task<CliRun> RunFileAsync(
        string file, TimeSpan limit, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(limit);
        return new CliRun(process.ExitCode, await output, await errors);
    }
}
