using System.Runtime.InteropServices;
using DevicePlugin.FunctionalTests.GoPlugin;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Capture;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>
/// The NVML backend on a fake node. Each node loads a copy of the mock library of its own, because one that is loaded
/// twice keeps its state.
/// </summary>
internal sealed partial class MockNode : IAsyncDisposable
{
    private const string CallsWritten = "nvmlSystemGetNVMLVersion";

    private readonly string _folder;
    private readonly string _library;
    private int _markers;

    private MockNode(string scenario, string build, NvmlOptions options, TimeProvider? time)
    {
        var mocks = Path.Combine(Repository.Root, "artifacts", "hwmocks", build);
        var library = Prerequisite.File(Path.Combine(mocks, "libnvidia-ml.so.1"), "./build.sh hwmocks");
        _folder = Directory.CreateTempSubdirectory("node").FullName;
        _library = Path.Combine(_folder, "libnvidia-ml.so.1");
        ScenarioPath = Path.Combine(_folder, "scenario.json");
        CallsFolder = Directory.CreateDirectory(Path.Combine(_folder, "calls")).FullName;
        File.Copy(library, _library);
        Write(scenario);
        SetVariable("HWMOCKS_SCENARIO", ScenarioPath);
        SetVariable("HWMOCKS_CALLS", CallsFolder);
        StuckCalls = new StuckCalls(Time, Logs.CreateLogger<StuckCalls>());
        Backend = new NvmlBackend(options with { LibraryPath = _library }, Logs, time ?? Time, StuckCalls);
    }

    /// <summary>For tests that close the driver, which takes as long as a wait for events.</summary>
    public static NvmlOptions ShortWaits { get; } = new() { EventWait = TimeSpan.FromMilliseconds(200) };

    public TestLogs Logs { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public NvmlBackend Backend { get; }

    public StuckCalls StuckCalls { get; }

    public string ScenarioPath { get; }

    /// <summary>Whether the node's copy of the library is part of this process.</summary>
    public bool IsMapped => File.ReadLines("/proc/self/maps").Any(line => line.Contains(_folder, StringComparison.Ordinal));

    private string CallsFolder { get; }

    /// <param name="build">Empty, or the folder of a build with the symbols of an older driver.</param>
    public static MockNode Start(
        string scenario, string build = "", NvmlOptions? options = null, TimeProvider? time = null) =>
        new(scenario, build, options ?? new NvmlOptions(), time);

    public static string BuiltIn(string name) =>
        File.ReadAllText(Path.Combine(Repository.Root, "hwmocks", "scenarios", $"{name}.json"));

    public async Task<NodeReport> EnumerateAsync() =>
        await Backend.EnumerateAsync(CancellationToken.None).DefaultTimeout();

    public async Task<GpuReadings> ReadAsync(GpuDevice device) =>
        await Backend.ReadAsync(device, CancellationToken.None).DefaultTimeout();

    /// <summary>What <c>capture --scrub=false</c> writes of the node.</summary>
    public async Task<string> CaptureAsync()
    {
        var capture = new NodeCapture(
            new NvmlOptions { LibraryPath = _library }, _ => { }, Logs.CreateLogger("capture"), TimeProvider.System);
        return (await capture.ReadAsync(CancellationToken.None).DefaultTimeout()).ToJson();
    }

    /// <summary>Puts another scenario in the file's place; the mock notices a moment later.</summary>
    public void Write(string scenario)
    {
        File.WriteAllText(ScenarioPath + ".new", scenario);
        File.Move(ScenarioPath + ".new", ScenarioPath, overwrite: true);
    }

    /// <summary>Enumerates until the report is as expected: the mock takes a moment to see a new scenario.</summary>
    public async Task<NodeReport> EnumerateUntilAsync(Func<NodeReport, bool> expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var report = await EnumerateAsync();
            if (expected(report))
            {
                return report;
            }

            Assert.That(limit.IsCancellationRequested, Is.False, $"last report: {report.Driver}");
            await Task.Yield();
        }
    }

    /// <summary>
    /// The same while the clock goes on, at a pace that leaves the calls that answer inside the deadlines, which are on the same clock:
    /// a machine that is busy slows both.
    /// </summary>
    public async Task<NodeReport> EnumerateWhileTimePassesUntilAsync(Func<NodeReport, bool> expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            var report = Backend.EnumerateAsync(CancellationToken.None);
            await Eventually.BecomesTrue(() =>
            {
                Time.Advance(report.IsCompleted ? TimeSpan.Zero : TimeSpan.FromMilliseconds(50));
                return report.IsCompleted;
            });
            if (expected(await report))
            {
                return await report;
            }
        }
    }

    /// <summary>
    /// NVML calls until now without the waits for events, whose number depends on real time. The mock writes its
    /// counts a moment later, so a call that nobody else makes marks what is already in the file.
    /// </summary>
    public long CountCalls() => Count().Where(count => !count.Key.StartsWith("nvmlEventSetWait", StringComparison.Ordinal))
        .Sum(count => count.Value);

    /// <summary>Calls of one function until now.</summary>
    public long CountCallsOf(string function) => Count().GetValueOrDefault(function);

    private Dictionary<string, long> Count()
    {
        // If the marking call loaded the library, it would unload it again, and the counts would be lost.
        if (!IsMapped)
        {
            return [];
        }

        Mark();
        _markers++;
        var path = Path.Combine(CallsFolder, $"{Environment.ProcessId}.tsv");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var counts = ReadCounts(path);
            if (counts.GetValueOrDefault(CallsWritten) == _markers)
            {
                counts.Remove(CallsWritten);
                return counts;
            }

            Assert.That(limit.IsCancellationRequested, Is.False, "the mock did not write its counts");
            Thread.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Backend.DisposeAsync();
        SetVariable("HWMOCKS_SCENARIO", "");
        SetVariable("HWMOCKS_CALLS", "");
        await Eventually.BecomesTrue(TryDelete);
        Logs.Dispose();
    }

    // The mock's thread may be just about to write its counts once more.
    private bool TryDelete()
    {
        try
        {
            Directory.Delete(_folder, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return !Directory.Exists(_folder);
        }
    }

    private static Dictionary<string, long> ReadCounts(string path)
    {
        try
        {
            return File.ReadAllLines(path).Select(line => line.Split('\t'))
                .ToDictionary(parts => parts[0], parts => long.Parse(parts[1]));
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }

    private unsafe void Mark()
    {
        var library = NativeLibrary.Load(_library);
        var function = (delegate* unmanaged[Cdecl]<byte*, uint, int>)NativeLibrary.GetExport(library, CallsWritten);
        var buffer = stackalloc byte[80];
        _ = function(buffer, 80);
        NativeLibrary.Free(library);
    }

    private static void SetVariable(string name, string value) =>
        Assert.That(SetEnvironment(name, value, 1), Is.Zero);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
