using System.Diagnostics;
using DevicePlugin.Tests;

namespace DevicePlugin.ConformanceTests.GoPlugin;

/// <summary>
/// Runs tests/go/host, which is a host built with the go-plugin library that Nomad has, against a device plugin.
/// </summary>
internal static class GoHost
{
    // A run of all steps takes about two seconds; a machine may be busy with other builds.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static string MinimalPlugin =>
        Prerequisite.File(Path.Combine(Repository.Root, "artifacts", "go", "plugin"), "tests/go/build.sh");

    private static string Executable =>
        Prerequisite.File(Path.Combine(Repository.Root, "artifacts", "go", "host"), "tests/go/build.sh");

    /// <summary>Runs our executable.</summary>
    /// <param name="config">What is in the config block, in HCL.</param>
    /// <param name="steps">None: everything that Nomad does with a plugin in its life.</param>
    public static Task<GoHostRun> RunAsync(string config, params string[] steps) =>
        RunAsync(Repository.Executable(), ["-config", config], steps);

    public static async Task<GoHostRun> RunAsync(
        string plugin, IReadOnlyList<string> flags, IReadOnlyList<string> steps,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        // Where the plugin's sockets go, so that a test sees what a plugin leaves behind.
        var folder = Directory.CreateTempSubdirectory("conformance-");
        try
        {
            var start = new ProcessStartInfo(Executable, ["-plugin", plugin, .. flags, .. steps])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["TMPDIR"] = folder.FullName },
            };
            foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            {
                start.Environment[name] = value;
            }

            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var logs = process.StandardError.ReadToEndAsync();
            using var limit = new CancellationTokenSource(Limit);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail($"The host did not end within {Limit}:{Environment.NewLine}{await output}{await logs}");
            }

            return new GoHostRun(
                process.ExitCode,
                [.. (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(GoHostStep.Parse)],
                await logs,
                [.. folder.EnumerateFileSystemInfos().Select(entry => entry.Name)]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
