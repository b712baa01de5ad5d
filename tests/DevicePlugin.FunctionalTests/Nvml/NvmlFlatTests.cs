using DevicePlugin.FunctionalTests.GoPlugin;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>Maintenance and driver reloads do not leak threads or descriptors. The soak in bench runs for longer.</summary>
[Platform("Linux")]
internal sealed class NvmlFlatTests
{
    private static readonly string Healthy = MockNode.BuiltIn("dgx-h100");

    // Each maintenance ends the backend, and the next inventory has another one.
    [Test]
    public Task Maintenance_ManyTimes_KeepsThreadsAndDescriptors() => AssertFlatAsync(8, async () =>
    {
        await using var node = MockNode.Start(Healthy, build: "unmap", MockNode.ShortWaits);
        await node.EnumerateUntilAsync(report => report.Devices.Length == 8);
        await node.Backend.ReleaseAsync();
    });

    [Test]
    public async Task Reload_ManyTimes_KeepsThreadsAndDescriptors()
    {
        await using var node = MockNode.Start(Healthy, options: MockNode.ShortWaits);
        await AssertFlatAsync(20, async () =>
        {
            node.Write(Healthy);
            node.Time.Advance(TimeSpan.FromMinutes(1));
            await node.EnumerateUntilAsync(report => report.Driver.IsLoaded && report.Devices.Length == 8);
            node.Write(MockScenario.WithDriverState(Healthy, "not_loaded"));
            await node.EnumerateUntilAsync(report => !report.Driver.IsLoaded);
        });
    }

    private static async Task AssertFlatAsync(int cycles, Func<Task> cycle)
    {
        await cycle();
        var before = CountHeld();
        for (var made = 0; made < cycles; made++)
        {
            await cycle();
        }

        // A worker thread ends shortly after its session.
        await Eventually.BecomesTrue(() => CountHeld().Threads <= before.Threads);
        Assert.That(CountHeld().Descriptors, Is.LessThan(before.Descriptors + (cycles / 2)), "the runtime opens a few of its own");
    }

    private static (int Threads, int Descriptors) CountHeld() => (
        Directory.GetDirectories("/proc/self/task").Count(IsOfNvml), Directory.GetFileSystemEntries("/proc/self/fd").Length);

    private static bool IsOfNvml(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("nvml", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
