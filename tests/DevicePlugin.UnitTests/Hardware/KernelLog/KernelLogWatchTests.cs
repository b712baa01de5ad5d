using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware;
using DevicePlugin.Hardware.KernelLog;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Tests;
using Microsoft.Extensions.Logging;

namespace DevicePlugin.UnitTests.Hardware.KernelLog;

/// <summary>The watch on a file with the lines that <c>/dev/kmsg</c> would have.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
internal sealed class KernelLogWatchTests : IDisposable
{
    private const string Boot = "5f3c5b8e-0c4e-4d4e-9f3e-0d5c1c1b7a10";
    private const string Address = "NVRM: GPU at PCI:0000:10:00: GPU-00000000";
    private const string Loading = "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  580.105.08";

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);
    private static readonly GpuDevice Gpu = TestGpus.Gpu(0);

    private readonly string _folder = Directory.CreateTempSubdirectory("kernel-log").FullName;
    private readonly ObservedTimeProvider _time = new(Now);
    private readonly TestLogs _logs = new();
    private readonly GpuEventHub _hub = new();
    private readonly Channel<GpuEvent> _events;
    private NodeReport _report = TestGpus.Report(Gpu);
    private KernelLogPosition? _judged;
    private ImmutableArray<KernelLogPosition> _cleared = [];
    private KernelLogWatch? _watch;
    private int _sequence = 100;

    public KernelLogWatchTests()
    {
        _events = _hub.Subscribe();
        Write("proc/uptime", "1000.50 3000.00\n");
        Write("proc/sys/kernel/random/boot_id", Boot + "\n");
        Write("kmsg", "");
    }

    private string LogPath => Path.Combine(_folder, "kmsg");

    public void Dispose()
    {
        _watch?.Dispose();
        Directory.Delete(_folder, recursive: true);
        _logs.Dispose();
    }

    [Test]
    public async Task Start_LinesOfThisBoot_ArePastWithTheirDates()
    {
        Append(Xid(79), microseconds: 940_500_000);

        var told = (await EnumerateAsync()).Past.Single();

        Assert.That(told, Is.EqualTo(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79)
        {
            At = Now - TimeSpan.FromSeconds(60), LastAt = Now - TimeSpan.FromSeconds(60), Line = new(Boot, 101),
        }));
        Assert.That((await EnumerateAsync()).Past, Is.Empty, "told once");
    }

    [TestCase(1_000_500_001, 0)]
    [TestCase(9_000_000_000, 0)]
    [TestCase(0, -1000.5)]
    public async Task Start_ClockOfTheLogIsAhead_NothingIsInTheFuture(long microseconds, double seconds)
    {
        Append(Xid(79), microseconds);

        Assert.That((await EnumerateAsync()).Past.Single().At, Is.EqualTo(Now.AddSeconds(seconds)));
    }

    [Test]
    public async Task Start_NobodyKnowsWhenTheMachineBooted_LinesAreOfNow()
    {
        File.Delete(Path.Combine(_folder, "proc/uptime"));
        Append(Xid(79), microseconds: 1);

        Assert.That((await EnumerateAsync()).Past.Single().At, Is.EqualTo(Now));
    }

    [Test]
    public async Task Start_LinesBeforeTheLastLoadOfTheDriver_AreNothing()
    {
        Append(Loading);
        Append(Xid(79));
        Append(Loading);
        Append(Xid(48));

        Assert.That(await PastCodesAsync(), Is.EqualTo(new[] { 48 }));
    }

    [Test]
    public async Task Start_LinesOfOthers_AreNothing()
    {
        Append(Xid(79), prefix: 12);
        Append("usb 1-1: product: " + Xid(79));
        AppendRaw(" " + Xid(79));
        AppendRaw("garbage");
        Append(@"audit: comm=\x22" + Xid(79));
        Append(Xid(31));

        Assert.That(await PastCodesAsync(), Is.EqualTo(new[] { 31 }));
    }

    [Test]
    public async Task Start_LinesThatWereJudged_AreNothing()
    {
        Append(Xid(79));
        Append(Xid(48));
        Append(Xid(31));
        _judged = new KernelLogPosition(Boot, 102);

        Assert.That(await PastCodesAsync(), Is.EqualTo(new[] { 31 }));
    }

    [Test]
    public async Task Start_LinesBeforeAndAfterAClear_AreToldApart()
    {
        Append(Xid(79), microseconds: 940_500_000);
        Append(Xid(79), microseconds: 950_500_000);
        _cleared = [new KernelLogPosition(Boot, 102), new KernelLogPosition("another", 102)];
        Append(Xid(79), microseconds: 960_500_000);
        Append(Xid(79), microseconds: 970_500_000);

        Assert.That(
            (await EnumerateAsync()).Past.Select(told => (told.Line!.Sequence, told.Count, told.At)), Is.EqualTo(
                new (long, long, DateTimeOffset?)[] { (102, 2, Now.AddSeconds(-60)), (104, 2, Now.AddSeconds(-40)) }));
    }

    [Test]
    public void End_OfTheLog_IsItsLastLine()
    {
        Assert.That(FindEnd(), Is.EqualTo(new KernelLogPosition(Boot, -1)));
        Append(Xid(79));
        Append("usb 1-1: new device");

        Assert.That(FindEnd(), Is.EqualTo(new KernelLogPosition(Boot, 102)));
        Assert.That(KernelLogFile.FindEnd(LogPath, null, _time, out var problem), Is.Null);
        Assert.That(problem, Is.EqualTo("the kernel has no boot id"));
        Assert.That(KernelLogFile.FindEnd(LogPath + "x", Boot, _time, out problem), Is.Null);
        Assert.That(problem, Is.EqualTo("No such file or directory"));
    }

    [Test]
    public async Task Start_JudgedLineIsOfAnotherBoot_EveryLineCounts()
    {
        Append(Xid(79));
        _judged = new KernelLogPosition("another", 5000);

        Assert.That(await PastCodesAsync(), Is.EqualTo(new[] { 79 }));
    }

    [Test]
    public async Task Start_JudgedLineIsBeyondTheLog_EveryLineCounts()
    {
        Append(Xid(79));
        Append(Xid(48));
        _judged = new KernelLogPosition(Boot, 103);

        Assert.That(await PastCodesAsync(), Is.EqualTo(new[] { 79, 48 }));
    }

    [Test]
    public async Task Start_AHundredThousandLines_AreReadAndNothingRareIsLost()
    {
        using (var file = new StreamWriter(LogPath))
        {
            for (var i = 0; i < 100_000; i++)
            {
                file.WriteLine(Record(i == 50_000 ? Xid(79) : i % 2 == 0 ? Xid(31) : "usb 1-1: new device", 6, i, i));
            }
        }

        var past = (await EnumerateAsync()).Past;

        Assert.That(
            past.Select(told => (told.Data, told.Count)), Is.EqualTo(new[] { (79L, 1L), (31L, 49_999L) }));
    }

    [Test]
    public async Task Driver_IsNotLoaded_ItsLinesWaitForIt()
    {
        Append(Xid(79));
        var loaded = _report;
        _report = NodeReport.Without(DriverState.Failed, "nvmlInit did not return");
        Assert.That(await PastCodesAsync(), Is.Empty);

        _report = loaded;

        Assert.That(await PastCodesAsync(), Is.EqualTo(new[] { 79 }));
    }

    [Test]
    public async Task Enumeration_Fails_ItsLinesWaitForTheNext()
    {
        Append(Xid(79));
        _watch = NewWatch();

        await Assert.ThrowsAsync<InvalidOperationException>(() => _watch.EnumerateAsync(
            _ => throw new InvalidOperationException(), CancellationToken.None));

        Assert.That(await PastCodesAsync(), Is.EqualTo(new[] { 79 }));
    }

    [Test]
    public async Task Driver_IsLoadedAgainDuringAnEnumeration_WhatWasCutIsNothing()
    {
        Append(Xid(79));
        _watch = NewWatch();

        var report = await _watch.EnumerateAsync(
            async _ =>
            {
                Append(Loading);
                Append("nvidia-nvswitch0: SXid (PCI:0000:c3:00.0): 20009, Non-fatal");
                await NextAsync();
                return _report;
            },
            CancellationToken.None).DefaultTimeout();

        Assert.That(report.Past, Is.Empty);
        Assert.That(await PastCodesAsync(), Is.Empty);
    }

    [Test]
    public async Task Gpu_NotListed_IsFoundByTheLogItself()
    {
        Append("NVRM: GPU at PCI:0000:af:00: GPU-6ee8edb5");
        Append(Xid(79, "af"));

        Assert.That((await EnumerateAsync()).Past.Single().GpuUuid, Is.EqualTo("GPU-6ee8edb5"));
    }

    [Test]
    public async Task Gpu_NotListed_IsFoundByTheKernel()
    {
        Write(
            "proc/driver/nvidia/gpus/0000:af:00.0/information",
            "Model: \t\t NVIDIA H100\nIRQ:   \t\t 42\nGPU UUID: \t GPU-6ee8edb5\nDevice Minor: \t 3\n");
        Append(Xid(79, "af"));

        Assert.That((await EnumerateAsync()).Past.Single().GpuUuid, Is.EqualTo("GPU-6ee8edb5"));
    }

    [Test]
    public async Task Gpu_NobodyKnowsIt_WaitsUntilItReturns()
    {
        Write("proc/driver/nvidia/gpus/0000:11:00.0/information", "GPU UUID: \t GPU-????????-????-????-????-????????????\n");
        Append(Xid(79, "11"));
        Assert.That(await PastCodesAsync(), Is.Empty);
        Assert.That(await PastCodesAsync(), Is.Empty);
        Assert.That(_logs.Named("XidOfUnknownGpu").Single().Message, Does.Contain("\"0000:11:00.0\""));

        _report = TestGpus.Report(Gpu, TestGpus.Gpu(1));

        Assert.That((await EnumerateAsync()).Past.Single().GpuUuid, Is.EqualTo(TestGpus.Gpu(1).Uuid));
    }

    [Test]
    public async Task Gpu_ThatLeftTheList_IsFoundByEarlierEnumerations()
    {
        await EnumerateAsync();
        _report = TestGpus.Report();
        await EnumerateAsync();

        Append(Xid(79));

        Assert.That((await NextLineAsync()).GpuUuid, Is.EqualTo(Gpu.Uuid));
    }

    [Test]
    public async Task Gpu_LogNamesAnotherThanTheList_TheLogIsRight()
    {
        // It says so before the first XID of each GPU under each load, and two may have changed places since.
        Append("NVRM: GPU at PCI:0000:10:00: GPU-6ee8edb5");
        Append(Xid(79));

        Assert.That((await EnumerateAsync()).Past.Single().GpuUuid, Is.EqualTo("GPU-6ee8edb5"));
    }

    [Test]
    public async Task Running_LineWithoutAnEvent_IsAnXidOfNow()
    {
        await EnumerateAsync();
        Append(Address);
        Append(Xid(79), microseconds: 5);

        Assert.That(
            await NextLineAsync(),
            Is.EqualTo(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79) { Line = new KernelLogPosition(Boot, 102) }));
    }

    [Test]
    public async Task Running_LineOfAnEvent_IsOnlyItsPlace()
    {
        await EnumerateAsync();
        _hub.Publish(new GpuEvent(GpuEventKind.Xid, Gpu.Uuid, 79));
        Append(Xid(79));

        Assert.That((await NextAsync()).Kind, Is.EqualTo(GpuEventKind.Xid));
        Assert.That((await NextAsync()).Kind, Is.EqualTo(GpuEventKind.XidLogged));
    }

    [Test]
    public async Task Running_GpuIsNotKnown_AsksForAnEnumerationOnce()
    {
        await EnumerateAsync();
        Append(Xid(79, "11"));
        Append(Xid(79, "11"));
        Append("nvidia-nvswitch0: SXid (PCI:0000:c3:00.0): 20009, Non-fatal");

        Assert.That((await NextAsync()).Kind, Is.EqualTo(GpuEventKind.Inventory));
        Assert.That((await NextAsync()).Kind, Is.EqualTo(GpuEventKind.SwitchError));
        _report = TestGpus.Report(Gpu, TestGpus.Gpu(1));
        Assert.That((await EnumerateAsync()).Past.Single().Count, Is.EqualTo(2));
    }

    [Test]
    public async Task SwitchErrors_AreToldWithTheirWords()
    {
        const string Line = "nvidia-nvswitch0: SXid (PCI:0000:c3:00.0): 20009, Non-fatal, Link 28 RX Short Error Rate";
        Append(Line);
        var past = (await EnumerateAsync()).Past.Single();
        Append(Line);

        foreach (var told in new[] { past, await NextAsync() })
        {
            Assert.That((told.Kind, told.GpuUuid, told.Data), Is.EqualTo((GpuEventKind.SwitchError, (string?)null, 20009L)));
            Assert.That(told.Text, Does.Contain("Link 28"));
        }
    }

    [Test]
    public async Task Log_IsAPipe_IsReadAsItComes()
    {
        File.Delete(LogPath);
        Hostility.Pipe.Put(LogPath);
        await EnumerateAsync();
        Append(Xid(79));
        Assert.That((await NextLineAsync()).Data, Is.EqualTo(79));

        Append(Xid(48));
        Assert.That((await NextLineAsync()).Data, Is.EqualTo(48), "after its writer went away");
    }

    [Test]
    public async Task Log_LineComesInParts_IsOneLine()
    {
        await EnumerateAsync();
        var record = Record(Xid(79), 4, 200, 5) + "\n";
        File.AppendAllText(LogPath, record[..20]);
        Append("");
        File.AppendAllText(LogPath, record);

        Assert.That((await NextLineAsync()).Data, Is.EqualTo(79));
    }

    [Test]
    public async Task Log_DoesNotExist_OneLineSaysSo()
    {
        File.Delete(LogPath);

        Assert.That(await PastCodesAsync(), Is.Empty);
        Assert.That(await PastCodesAsync(), Is.Empty);

        var line = _logs.Entries.Single();
        Assert.That(line.Level, Is.EqualTo(LogLevel.Information));
        Assert.That(line.Message, Does.Contain($"\"{LogPath}\"").And.Contain("No such file or directory"));
    }

    [Test]
    public async Task Log_CannotBeRead_IsAWarningAndTheDevicesAreServed()
    {
        File.Delete(LogPath);
        Directory.CreateDirectory(LogPath);

        Assert.That((await EnumerateAsync()).Devices, Has.Length.EqualTo(1));

        Assert.That(_logs.Named("KernelLogEnded").Single().Message, Does.Contain("Is a directory"));
    }

    [Test]
    public async Task Dispose_WhileItWaits_EndsTheThread()
    {
        await EnumerateAsync();
        _watch!.Dispose();

        Assert.That(
            () => Directory.GetFiles("/proc/self/fd").Select(Target), Has.None.EqualTo(LogPath).After(10).Seconds.PollEvery(5));
    }

    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string Xid(long code, string bus = "10") =>
        $"NVRM: Xid (PCI:0000:{bus}:00): {code}, pid=1234, name=python3, Ch 00000008";

    private static string Record(string text, int prefix, long sequence, long microseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix},{sequence},{microseconds},-;{text}");

    private void Append(string text, long microseconds = 1, int prefix = 4) =>
        AppendRaw(Record(text, prefix, ++_sequence, microseconds));

    private void AppendRaw(string line) => File.AppendAllText(LogPath, line + "\n");

    private void Write(string path, string text)
    {
        var file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private KernelLogWatch NewWatch() => new(
        LogPath, _judged, new NvmlOptions { ProcRoot = Path.Combine(_folder, "proc"), ReadClearedLines = () => _cleared },
        _hub, _logs.CreateLogger<KernelLogWatch>(), _time);

    private KernelLogPosition? FindEnd() => KernelLogFile.FindEnd(LogPath, Boot, _time, out _);

    private Task<NodeReport> EnumerateAsync()
    {
        _watch ??= NewWatch();
        return _watch.EnumerateAsync(_ => Task.FromResult(_report), CancellationToken.None).DefaultTimeout();
    }

    private async Task<IEnumerable<long>> PastCodesAsync() => (await EnumerateAsync()).Past.Select(told => told.Data);

    private Task<GpuEvent> NextAsync() => _events.Reader.ReadAsync().DefaultTimeout();

    /// <summary>The XID of a line that waits for its event in vain.</summary>
    private async Task<GpuEvent> NextLineAsync()
    {
        var next = NextAsync();
        await _time.AdvanceUntilAsync(next, XidPairing.Window);
        return await next;
    }
}
