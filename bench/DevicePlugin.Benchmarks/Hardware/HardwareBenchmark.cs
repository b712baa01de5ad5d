using System.Diagnostics;
using System.Text.Json;

namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>
/// What the hardware probe costs on the native mock: by itself over growing nodes, and as a plugin on a node with eight
/// GPUs, beside the peer where one was named.
/// </summary>
internal static class HardwareBenchmark
{
    private const int Gpus = 8;

    /// <param name="plugins">Ours first. Their environment is set here.</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<Contender> plugins, string repository, TimeSpan time, CancellationToken cancellationToken)
    {
        var mocks = Path.Combine(repository, "artifacts", "hwmocks");
        var library = Path.Combine(mocks, "libnvidia-ml.so.1");
        if (!File.Exists(library))
        {
            await Console.Error.WriteLineAsync($"Missing: {library}. 'make -C hwmocks' makes it.");
            return 2;
        }

        var folder = Directory.CreateTempSubdirectory("bench").FullName;
        try
        {
            var probes = new List<(NodeShape, ProbeFigures)>();
            foreach (var shape in NodeShape.Growth)
            {
                var environment = Prepare(shape, repository, mocks, folder);
                probes.Add((shape, await ProbeAsync(library, environment, cancellationToken)));
            }

            HardwareTables.WriteProbes(probes);
            var node = Prepare(NodeShape.Whole(Gpus), repository, mocks, folder);
            var host = Path.Combine(repository, "artifacts", "go", "host");
            var figures = await Task.WhenAll(plugins.Select(plugin => PluginMeasurement.RunAsync(
                plugin with { Environment = node }, host, time, cancellationToken)));
            HardwareTables.WritePlugins(plugins, figures, Gpus);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IReadOnlyDictionary<string, string> Prepare(
        NodeShape shape, string repository, string mocks, string folder)
    {
        var scenario = Path.Combine(folder, $"{shape.Template}-{shape.Gpus}.json");
        NodeScenario.Write(shape, repository, scenario);
        return MockEnvironment.For(mocks, scenario, folder);
    }

    private static async Task<ProbeFigures> ProbeAsync(
        string library, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "DevicePlugin.Benchmarks"), ["probe", library])
        {
            RedirectStandardOutput = true,
            // The product is compiled ahead: what the compiler would do while we measure is not its cost.
            Environment = { ["DOTNET_TieredCompilation"] = "0" },
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<ProbeFigures>(output)!
            : throw new InvalidOperationException($"The probe ended with exit code {process.ExitCode}: {output}");
    }
}
