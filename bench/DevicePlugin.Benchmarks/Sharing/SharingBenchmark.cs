using System.Globalization;
using DevicePlugin.Benchmarks.Hardware;
using Spectre.Console;

namespace DevicePlugin.Benchmarks.Sharing;

/// <summary>16 GPUs of seven MIG instances, each instance offered 1, 5 and 10 times: the cost is to grow with the devices.</summary>
internal static class SharingBenchmark
{
    private const int Gpus = 16;
    private static readonly int[] Replicas = [1, 5, 10];

    public static async Task<int> RunAsync(FileInfo executable, string repository, CancellationToken cancellationToken)
    {
        if (!executable.Exists || !File.Exists(Path.Combine(repository, "artifacts", "go", "host")))
        {
            await Console.Error.WriteLineAsync(
                $"Missing: {executable} or artifacts/go/host. './build.sh publish' and 'tests/go/build.sh' make them.");
            return 2;
        }

        var shape = NodeShape.Split(Gpus);
        await SharingMeasurement.RunAsync(executable, shape, 1, repository, cancellationToken);
        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, 160);
        var table = new Table().Border(TableBorder.Ascii);
        foreach (var header in (string[])
            [
                "devices", "first inventory, ms", "its size, kB", "bytes a device", "sample, ms", "its size, kB",
                "processor a sample, ms", "the same for 100 devices, ms", $"Reserve of {SharingMeasurement.Reserved}, ms",
            ])
        {
            table.AddColumn(new TableColumn(header).RightAligned());
        }

        foreach (var replicas in Replicas)
        {
            var figures = await SharingMeasurement.RunAsync(executable, shape, replicas, repository, cancellationToken);
            table.AddRow(
                Number(figures.Devices, "0"),
                Number(figures.Fingerprint.TotalMilliseconds, "0.0"),
                Number(figures.FingerprintBytes / 1000.0, "0.0"),
                Number(figures.FingerprintBytes / (double)figures.Devices, "0"),
                Number(figures.Sample.TotalMilliseconds, "0.0"),
                Number(figures.SampleBytes / 1000.0, "0"),
                Number(figures.Processor.TotalMilliseconds, "0.0"),
                Number(figures.Processor.TotalMilliseconds / figures.Devices * 100, "0.0"),
                Number(figures.Reserve.TotalMilliseconds, "0.000"));
        }

        AnsiConsole.Write(table);
        return 0;
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
