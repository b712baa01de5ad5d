using System.Diagnostics;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>One run of the executable's command line in a process of its own, on the native mocks where they are named.</summary>
internal sealed record PluginProcess(int ExitCode, string Output, string Errors)
{
    // The CUDA probe alone may take ten.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <param name="build">Empty, or the folder of a build of the mock with the symbols of an older driver.</param>
    public static string MockLibrary(string build = "") => Prerequisite.File(
        Path.Combine(Repository.Root, "artifacts", "hwmocks", build, "libnvidia-ml.so.1"), "./build.sh hwmocks");

    public static string BuiltIn(string scenario) =>
        Path.Combine(Repository.Root, "hwmocks", "scenarios", $"{scenario}.json");

    /// <param name="mockedScenario">Path of the scenario that the native mocks play; null without them.</param>
    /// <param name="arguments">The command and its options.</param>
    public static async Task<PluginProcess> RunAsync(string? mockedScenario, params string[] arguments)
    {
        var start = new ProcessStartInfo(PluginExecutable.FileName, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HWMOCKS_SCENARIO"] = mockedScenario ?? "";
        start.Environment.Remove("HWMOCKS_CALLS");
        using var limit = new CancellationTokenSource(Limit);
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new PluginProcess(process.ExitCode, await output, await errors);
        }
        finally
        {
            process.Kill();
        }
    }
}
