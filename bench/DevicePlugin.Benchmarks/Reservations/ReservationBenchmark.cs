using System.Diagnostics;
using System.Globalization;
using DevicePlugin.Benchmarks.Hardware;
using Spectre.Console;

namespace DevicePlugin.Benchmarks.Reservations;

/// <summary>How long a task waits for its reservation: the call over the socket, as its host sees it.</summary>
internal static class ReservationBenchmark
{
    private const int WarmUps = 200;
    private const int Calls = 2000;
    private const double MostMilliseconds = 1;

    public static async Task<int> RunAsync(Contender plugin, string repository, CancellationToken cancellationToken)
    {
        var mocks = Path.Combine(repository, "artifacts", "hwmocks");
        var host = Path.Combine(repository, "artifacts", "go", "host");
        using var node = new NodeTree(mocks);
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 120);
        var table = new Table().Border(TableBorder.Ascii)
            .AddColumn($"Reserve, {Calls} calls")
            .AddColumn(new TableColumn("median").RightAligned())
            .AddColumn(new TableColumn("99 of 100").RightAligned())
            .AddColumn(new TableColumn("mounts and nodes").RightAligned())
            .AddColumn("target");
        foreach (var reservation in Cases(node))
        {
            var scenario = Path.Combine(repository, "hwmocks", "scenarios", $"{reservation.Scenario}.json");
            var contender = plugin with
            {
                Configuration = reservation.Configuration,
                Environment = MockEnvironment.For(mocks, scenario, calls: ""),
            };
            var (times, parts) = await MeasureAsync(contender, host, reservation.Devices, cancellationToken);
            var median = times[Calls / 2];
            table.AddRow(
                reservation.Name, Show(median), Show(times[Calls * 99 / 100]), parts.ToString(CultureInfo.InvariantCulture),
                $"at most {MostMilliseconds} ms: {(median > MostMilliseconds ? "missed" : "reached")}");
        }

        AnsiConsole.Write(table);
        return 0;
    }

    private static ReservationCase[] Cases(NodeTree node) =>
    [
        new("8 of 8 GPUs, envvar", "dgx-h100", "", 8),
        new("8 of 8 GPUs, volume-mounts", "dgx-h100", "reserve {\n strategies = [\"volume-mounts\"]\n}", 8),
        new("8 of 8 GPUs, device-nodes and driver libraries", "dgx-h100",
            $"{node.Configuration}\nreserve {{\n strategies = [\"device-nodes\"]\n driver_libraries = true\n}}", 8),
        new("13 MIG instances of 3 GPUs, device-nodes", "dgx-a100-mig",
            $"{node.Configuration}\nreserve {{\n strategies = [\"device-nodes\"]\n}}", 13),
    ];

    /// <summary>Milliseconds in ascending order, and how much one reply holds.</summary>
    private static async Task<(double[] Times, int Parts)> MeasureAsync(
        Contender contender, string host, int devices, CancellationToken cancellationToken)
    {
        var config = await ConfigEncoder.EncodeAsync(host, contender, cancellationToken);
        await using var plugin = await PluginProcess.LaunchAsync(contender, cancellationToken);
        await plugin.ConfigureAsync(config, cancellationToken);
        await plugin.OpenStreamsAsync(cancellationToken);

        // MIG instances, where there are some, are the harder case.
        var ids = plugin.DeviceIds.OrderByDescending(id => id, StringComparer.Ordinal).Take(devices).ToList();
        var times = new double[Calls];
        for (var call = -WarmUps; call < Calls; call++)
        {
            var begin = Stopwatch.GetTimestamp();
            await plugin.ReserveAsync(ids, cancellationToken);
            if (call >= 0)
            {
                times[call] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
            }
        }

        var reply = await plugin.ReserveAsync(ids, cancellationToken);
        await plugin.ShutdownAsync(cancellationToken);
        Array.Sort(times);
        return (times, reply.Mounts.Count + reply.Devices.Count);
    }

    private static string Show(double milliseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.00} ms");
}
