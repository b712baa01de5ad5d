using System.Diagnostics;
using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.Benchmarks.Hardware;

/// <summary>
/// Measures the hardware probe inside this process, which is the only way to see what it allocates. Runs as a child of
/// the benchmark, because the mock takes its scenario from the environment and keeps it.
/// </summary>
internal sealed class ProbeMeasurement(NvmlBackend backend, SampleClock clock, CancellationToken cancellationToken)
{
    private const int Refreshes = 60;
    private const int Samples = 60;

    /// <summary>Prints the figures as one line of JSON.</summary>
    public static async Task<int> RunAsync(string library, CancellationToken cancellationToken)
    {
        var clock = new SampleClock();
        await using var backend = new NvmlBackend(
            new NvmlOptions { LibraryPath = library }, NullLoggerFactory.Instance, clock);
        var figures = await new ProbeMeasurement(backend, clock, cancellationToken).MeasureAsync();
        Console.WriteLine(JsonSerializer.Serialize(figures));
        return 0;
    }

    private async Task<ProbeFigures> MeasureAsync()
    {
        // Once before it counts: the code is compiled, and what is read once a minute has been read.
        var devices = await EnumerateAsync();
        var readings = await SampleAsync(devices);
        await EnumerateAsync();
        var refresh = await MeasureAsync(Refreshes, EnumerateAsync);
        var slowest = 0.0;
        var sample = await MeasureAsync(Samples, async () =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            var begin = Stopwatch.GetTimestamp();
            readings = await SampleAsync(devices);
            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        });
        return new ProbeFigures(refresh, sample, slowest, CountValues(readings[0]));
    }

    private async Task<StepFigures> MeasureAsync(int times, Func<Task> step)
    {
        var calls = await CountCallsAsync();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var processor = Environment.CpuUsage.TotalTime;
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            await step();
        }

        var elapsed = Stopwatch.GetElapsedTime(begin);
        processor = Environment.CpuUsage.TotalTime - processor;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        calls = await CountCallsAsync() - calls;
        return new StepFigures(
            elapsed.TotalMilliseconds / times,
            processor.TotalMilliseconds / times,
            calls / (double)times,
            allocated / (double)times);
    }

    private async Task<IReadOnlyList<GpuDevice>> EnumerateAsync()
    {
        var report = await backend.EnumerateAsync(cancellationToken);
        var split = report.Devices.Select(device => device.Mig?.ParentUuid).ToHashSet();
        return report.Devices is { Length: > 0 } devices
            ? [.. devices.Where(device => !split.Contains(device.Uuid))]
            : throw new InvalidOperationException($"The mock has no GPU for the benchmark: {report.Driver}.");
    }

    private async Task<GpuReadings[]> SampleAsync(IReadOnlyList<GpuDevice> devices) =>
        await Task.WhenAll(devices.Select(device => backend.ReadAsync(device, cancellationToken)));

    private Task<long> CountCallsAsync() => CallCounts.ReadSettledAsync(
        Environment.GetEnvironmentVariable(MockEnvironment.Calls)!, Environment.ProcessId, cancellationToken);

    private static int CountValues(GpuReadings readings) => typeof(GpuReadings).GetProperties()
        .Count(property => property.Name != "EqualityContract" && property.GetValue(readings) is not null);
}
