using Spectre.Console;

namespace DevicePlugin.Benchmarks;

/// <summary>
/// Launches both executables in turns, so that what else the machine does meets both alike, and then lets both run side
/// by side for the memory.
/// </summary>
internal static class Benchmark
{
    /// <summary>Launches that do not count: they fill the page cache, and bring our own code to speed.</summary>
    private const int WarmUps = 3;

    public static async Task<int> RunAsync(
        Contender ours, Contender peer, string host, int runs, TimeSpan memoryAfter,
        CancellationToken cancellationToken)
    {
        var missing = new[] { ours.Executable.FullName, peer.Executable.FullName, host }
            .Where(file => !File.Exists(file)).ToList();
        if (missing.Count > 0)
        {
            await Console.Error.WriteLineAsync(
                $"Missing: {string.Join(", ", missing)}. './build.sh publish' and 'tests/go/build.sh' make them.");
            return 2;
        }

        var ourConfig = await ConfigEncoder.EncodeAsync(host, ours, cancellationToken);
        var peerConfig = await ConfigEncoder.EncodeAsync(host, peer, cancellationToken);
        var ourLaunches = new List<LaunchFigures>(runs);
        var peerLaunches = new List<LaunchFigures>(runs);
        for (var run = -WarmUps; run < runs; run++)
        {
            var our = await MeasureLaunchAsync(ours, ourConfig, cancellationToken);
            var other = await MeasureLaunchAsync(peer, peerConfig, cancellationToken);
            if (run >= 0)
            {
                ourLaunches.Add(our);
                peerLaunches.Add(other);
            }
        }

        Console.WriteLine($"{runs} launches of each are done; memory follows in {memoryAfter.TotalSeconds:0} s.");
        var memory = await Task.WhenAll(
            MeasureMemoryAsync(ours, ourConfig, memoryAfter, cancellationToken),
            MeasureMemoryAsync(peer, peerConfig, memoryAfter, cancellationToken));

        // A log file has no width of its own; 80 columns would break the rows.
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        AnsiConsole.Write(FigureTable.Build(
            ours.Executable, ourLaunches, memory[0], peer.Executable, peerLaunches, memory[1]));
        return 0;
    }

    private static async Task<LaunchFigures> MeasureLaunchAsync(
        Contender contender, byte[] config, CancellationToken cancellationToken)
    {
        await using var plugin = await PluginProcess.LaunchAsync(contender, cancellationToken);
        await plugin.GetInfoAsync(cancellationToken);
        var answered = plugin.SinceLaunch;
        await plugin.ConfigureAsync(config, cancellationToken);
        await plugin.OpenStreamsAsync(cancellationToken);
        var serving = plugin.SinceLaunch;
        var exit = await plugin.ShutdownAsync(cancellationToken);
        return new LaunchFigures(plugin.Handshake, answered, serving, exit);
    }

    private static async Task<MemoryFigures> MeasureMemoryAsync(
        Contender contender, byte[] config, TimeSpan after, CancellationToken cancellationToken)
    {
        await using var plugin = await PluginProcess.LaunchAsync(contender, cancellationToken);
        await plugin.ConfigureAsync(config, cancellationToken);
        await plugin.OpenStreamsAsync(cancellationToken);
        await plugin.ReadSamplesAsync(after, cancellationToken);
        var figures = plugin.ReadMemory();
        await plugin.ShutdownAsync(cancellationToken);
        return figures;
    }
}
