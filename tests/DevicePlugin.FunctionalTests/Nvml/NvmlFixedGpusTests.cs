using System.Collections.Immutable;
using DevicePlugin.Gpu;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>An NVML that lists the GPUs it found at nvmlInit, until it is initialized again.</summary>
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class NvmlFixedGpusTests
{
    private const int Moved = 3;

    private static readonly string Healthy = MockScenario.WithQuirk(MockNode.BuiltIn("dgx-h100"), "fixed_gpus", true);

    private readonly string _proc = Directory.CreateTempSubdirectory("proc").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_proc, recursive: true);

    [Test]
    public async Task Gpu_LeavesAndReturns_IsSeenWithTheNextRefreshAfterTheKernelSaysSo()
    {
        // The variables of the mock are those of the node that was started last.
        var first = await ReadWithoutFilesAsync();
        await using var node = MockNode.Start(Healthy, options: MockNode.ShortWaits with { ProcRoot = _proc });
        foreach (var device in first)
        {
            WriteKernel(device);
        }

        var before = (await node.EnumerateAsync()).Devices;
        Assert.That(before, Is.EqualTo(first));

        node.Write(MockScenario.WithGpu(Healthy, Moved, "present", false));
        await node.EnumerateUntilAsync(report => report.Devices[Moved].Fault?.Kind == DeviceFaultKind.Lost);
        Assert.That(node.CountCallsOf("nvmlInit_v2"), Is.EqualTo(1), "the kernel still lists it");

        // The clock stands still.
        Directory.Delete(FolderOf(before[Moved]), recursive: true);
        var fewer = await node.EnumerateUntilAsync(report => report.Devices.Length == 7);
        Assert.That(fewer.Devices, Is.EqualTo(before.RemoveAt(Moved).Select((device, index) => device with { Index = index })));
        Assert.That(node.CountCallsOf("nvmlInit_v2"), Is.EqualTo(2));

        node.Write(Healthy);
        WriteKernel(before[Moved]);
        var again = await node.EnumerateUntilAsync(report => report.Devices.Length == 8);
        Assert.That(again.Devices, Is.EqualTo(before));
        Assert.That(node.CountCallsOf("nvmlInit_v2"), Is.EqualTo(3));
    }

    [Test]
    public async Task Gpu_StaysLost_TheDriverIsOpenedAgainSeldomAndTheOthersStayAsTheyAre()
    {
        await using var node = MockNode.Start(Healthy, options: MockNode.ShortWaits with { ProcRoot = _proc });
        var before = (await node.EnumerateAsync()).Devices;
        node.Write(MockScenario.WithGpu(Healthy, Moved, "state", "lost"));
        await node.EnumerateUntilAsync(report => report.Devices[Moved].Fault?.Kind == DeviceFaultKind.Lost);

        for (var second = 0; second < 31 + 61; second++)
        {
            node.Time.Advance(TimeSpan.FromSeconds(1));
            var report = await node.EnumerateAsync();
            Assert.That(report.Devices.RemoveAt(Moved), Is.EqualTo(before.RemoveAt(Moved)));
            Assert.That(report.Devices[Moved].Fault?.Kind, Is.EqualTo(DeviceFaultKind.Lost));
            Assert.That(report.Devices[Moved].Uuid, Is.EqualTo(before[Moved].Uuid));
        }

        Assert.That(node.CountCallsOf("nvmlInit_v2"), Is.EqualTo(3), "after 30 s and 60 s");
        Assert.That(node.CountCallsOf("nvmlShutdown"), Is.EqualTo(2));
        Assert.That(node.Logs.Named("DriverLost"), Is.Empty);
        node.Write(Healthy);
        var after = await node.EnumerateUntilAsync(report => report.Devices.All(device => device.Faults.IsEmpty));
        Assert.That(after.Devices, Is.EqualTo(before));
    }

    // As in a container without /proc/driver. The bus lists nothing either.
    [TestCase(8)]
    [TestCase(1)]
    public async Task Gpus_AreAwayDuringAReopen_AndTheKernelsListCannotBeRead_ComeBack(int count)
    {
        await using var node = StartWithoutLists(Healthy);
        var before = (await node.EnumerateAsync()).Devices;
        var away = Healthy;
        for (var gpu = 8 - count; gpu < 8; gpu++)
        {
            away = MockScenario.WithGpu(away, gpu, "present", false);
        }

        node.Write(away);
        await EnumerateWhileTimePassesUntilAsync(node, report => report.Devices.Length == 8 - count);
        node.Write(Healthy);
        var after = await EnumerateWhileTimePassesUntilAsync(node, report => report.Devices.Length == 8);

        Assert.That(after.Devices, Is.EqualTo(before));
    }

    [Test]
    public async Task Gpus_AreAwayAtTheStart_AndTheKernelsListCannotBeRead_AreSeenWhenTheyCome()
    {
        var none = Enumerable.Range(0, 8).Aggregate(Healthy, (node, gpu) => MockScenario.WithGpu(node, gpu, "present", false));
        await using var node = StartWithoutLists(none);
        var before = await node.EnumerateAsync();

        node.Write(Healthy);
        var after = await EnumerateWhileTimePassesUntilAsync(node, report => report.Devices.Length == 8);

        Assert.That(before.Driver.IsLoaded, Is.True);
        Assert.That(before.Devices, Is.Empty);
        Assert.That(after.Devices.All(device => device.Faults.IsEmpty), Is.True);
    }

    private MockNode StartWithoutLists(string scenario) =>
        MockNode.Start(scenario, options: MockNode.ShortWaits with { ProcRoot = _proc, SysfsRoot = _proc });

    private static Task<NodeReport> EnumerateWhileTimePassesUntilAsync(MockNode node, Func<NodeReport, bool> expected) =>
        node.EnumerateUntilAsync(report =>
        {
            node.Time.Advance(TimeSpan.FromSeconds(1));
            return expected(report);
        });

    private static async Task<ImmutableArray<GpuDevice>> ReadWithoutFilesAsync()
    {
        await using var node = MockNode.Start(Healthy, options: MockNode.ShortWaits);
        return (await node.EnumerateAsync()).Devices;
    }

    private string FolderOf(GpuDevice device) => Path.Combine(_proc, "driver", "nvidia", "gpus", device.PciBusId!);

    private void WriteKernel(GpuDevice device)
    {
        Directory.CreateDirectory(FolderOf(device));
        File.WriteAllText(
            Path.Combine(FolderOf(device), "information"),
            $"Model: \t\t {device.Name}\nGPU UUID: \t {device.Uuid}\nDevice Minor: \t {device.MinorNumber}\n");
    }
}
