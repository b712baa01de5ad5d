using System.Text.RegularExpressions;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Tests;
using DevicePlugin.Watching;
using Spectre.Console;
using static DevicePlugin.UnitTests.Executable.Watching.WatchedNode;

namespace DevicePlugin.UnitTests.Executable.Watching;

internal sealed class WatchViewTests
{
    [Test]
    public void Render_80Columns_ShowsEveryKindOfDevice() =>
        Assert.That(Render(Mixed(), 80, 12), Is.EqualTo(
        [
            "gpu-node-7 · 12:00:00 · 1 unhealthy · driver 580.105.08 · CUDA 13.0 · every 1s",
            "GPU               Util Last 60 s    Memory GiB        Temp     Power  Health",
            "0 H100 80GB HBM3   87%           ▇   70.5/79.6 ━━━━╸   64C  612/700W  healthy",
            "1 H100 80GB HBM3   N/A                     N/A         N/A       N/A  unhealthy",
            "    GPU is lost: nvmlDeviceGetHandleByIndex answered GPU_IS_LOST; reboot the",
            "    node. Since 2026-11-22T12:00:00Z",
            "2 GB10             N/A                     N/A         N/A       N/A  healthy",
            "3 H100 80GB HBM3                                       45C  231/700W",
            "  └ 1g.10gb 7/0    42%           ▄     0.5/9.5 ╸────                  healthy",
            "  └ 1g.10gb 8/0    N/A                 0.5/9.5 ╸────                  healthy",
            "",
            "q quits",
        ]));

    [Test]
    public void Render_CausesThatAreOnlyReported_AreCountedApart()
    {
        var reported = Lost with { State = HealthState.Reported };

        var lines = Render(SnapshotOf(
            (Device(TestGpus.Gpu(0)) with { Health = Lost }, Busy), (Device(TestGpus.Gpu(1)) with { Health = reported }, Busy)), 90, 12);

        Assert.That(lines[0], Does.StartWith("gpu-node-7 · 12:00:00 · 1 unhealthy · 1 reported · driver"));
        Assert.That(lines, Has.Some.EndsWith(" reported").And.Some.StartWith("    not withheld: GPU is lost:"));
    }

    [TestCase(20, "GPU       Util")]
    [TestCase(40, "GPU           Util Memory GiB Health")]
    [TestCase(120, "GPU               Id             Util")]
    [TestCase(200, "GPU               Id             Util              Last 60 s")]
    public void Render_AnyWidth_ShowsTheMostImportantColumnsThatFit(int columns, string header) =>
        Assert.That(Render(Mixed(), columns, 10)[1], Does.StartWith(header));

    [TestCase(120)]
    [TestCase(200)]
    public void Render_Wide_SaysWhyClocksAreHeldDown(int columns)
    {
        var lines = Render(Mixed(), columns, 10);

        Assert.That(lines[1], Does.Contain("Held down"));
        Assert.That(lines[2], Does.Contain("1755MHz  software power"));
    }

    [Test]
    public void Render_120ColumnsLongIds_StillSaysWhyClocksAreHeldDown()
    {
        var gpus = new[] { 0, 1 }.Select(n => TestGpus.Gpu(n) with { Uuid = $"GPU-00000000-0000-0000-0000-00000000000{n}" });

        var lines = Render(SnapshotOf([.. gpus.Select(gpu => (Device(gpu), Busy))]), 120, 10);

        Assert.That(lines[1], Does.Contain("Held down").And.Contain(" Id "));
        Assert.That(lines[2], Does.Contain("GPU-..000000000000").And.Contain("software"));
    }

    [Test]
    public void Render_AnySize_FillsItAndLeavesTheLastColumnFree(
        [Values(1, 2, 5, 20, 40, 80, 120, 200)] int columns, [Values(1, 2, 3, 10, 24)] int lines, [Values] bool empty)
    {
        var snapshot = empty ? Mixed() with { Rows = [] } : Mixed();

        var shown = Render(snapshot, columns, lines);

        Assert.That(shown, Has.Length.EqualTo(lines));
        Assert.That(shown, Has.All.Length.LessThanOrEqualTo(Math.Max(columns - 1, 1)), string.Join('\n', shown));
    }

    [Test]
    public void Render_Ascii_HasNoOtherCharacter()
    {
        var view = new WatchView(WatchGlyphs.Ascii, hasKeys: true, AnsiSupport.No);

        var frame = view.Render(Mixed(), new WatchSize(120, 6), 0);

        Assert.That(string.Concat(frame.Lines), Does.Match(@"^[\x20-\x7e]+$"));
    }

    [Test]
    public void Render_Styled_IsTheSameTextAndEveryLineEndsInTheNormalStyle()
    {
        var styled = new WatchView(WatchGlyphs.Unicode, hasKeys: true, AnsiSupport.Yes);

        var frame = styled.Render(Mixed(), new WatchSize(120, 24), 0);

        var bare = frame.Lines.Select(line => Regex.Replace(line, "\e\\[[0-9;]*m", "").TrimEnd());
        Assert.That(bare, Is.EqualTo(Render(Mixed(), 120, 24)));
        Assert.That(frame.Lines.Where(line => line.Contains('\e')), Is.Not.Empty.And.All.Matches(@"\e\[0m[^\e]*$"));
    }

    [Test]
    public void Render_MoreThanFits_ShowsFromTheOffsetAndSaysSo()
    {
        var view = new WatchView(WatchGlyphs.Unicode, hasKeys: true, AnsiSupport.No);
        var snapshot = SnapshotOf([.. Enumerable.Range(0, 16).Select(n => (Device(TestGpus.Gpu(n)), Busy))]);

        var middle = view.Render(snapshot, new WatchSize(80, 8), 3);
        var beyond = view.Render(snapshot, new WatchSize(80, 8), 99);

        Assert.That(middle.Lines[2], Does.StartWith("3 H100"));
        Assert.That(middle.Lines[^1], Is.EqualTo("lines 4-8 of 16 · q quits · ↑↓ PgUp PgDn scroll"));
        Assert.That((beyond.Offset, beyond.Page), Is.EqualTo((11, 5)));
        Assert.That(beyond.Lines[^2], Does.StartWith("15 H100"));
    }

    [Test]
    public void Render_Unmonitored_SaysWhatIsNotWatched()
    {
        var health = new DeviceHealth(HealthState.Unmonitored, "no events from the driver", Noon);

        var lines = Render(SnapshotOf((Device(TestGpus.Gpu(0)) with { Health = health }, Busy)), 80, 6);

        Assert.That(lines[2], Does.EndWith("unmonitored"));
        Assert.That(lines[3], Does.Contain("no events from the driver. Since 2026-11-22T12:00:00Z"));
    }

    [Test]
    public void Render_EscapeSequenceInAName_DoesNotReachTheTerminal()
    {
        var snapshot = SnapshotOf((Device(TestGpus.Gpu(0, "NVIDIA \e[2J")), Busy)) with { Node = "a\nb" };

        var lines = Render(snapshot, 80, 6);

        Assert.That(lines[0], Does.StartWith("a?b"));
        Assert.That(lines[2], Does.StartWith("0 ?[2J"));
    }

    [Test]
    public void Render_NoDriver_SaysWhy()
    {
        var snapshot = Mixed() with { Rows = [], Driver = new DriverStatus(DriverState.NotLoaded, "nvmlInit said no") };

        Assert.That(Render(snapshot, 80, 6), Has.Some.EqualTo("No driver (not_loaded): nvmlInit said no"));
    }

    [Test]
    public void Render_NoGpus_SaysSo() =>
        Assert.That(Render(Mixed() with { Rows = [] }, 80, 6), Has.Some.EqualTo("This node has no GPUs."));

    [Test]
    public void Render_NotLookedYet_SaysSo() =>
        Assert.That(Render(Mixed() with { Rows = [], Driver = null }, 80, 6), Has.Some.EqualTo("Looking for GPUs ..."));

    [Test]
    public void Render_Simulated_SaysSo() =>
        Assert.That(Render(Mixed() with { IsSimulated = true }, 80, 6)[0], Does.Contain("simulated GPUs"));

    [Test]
    public void Render_ValuesChange_ColumnsStayWhereTheyAre()
    {
        var idle = Busy with { GpuUtilizationPercent = 0, PowerUsageWatts = 9, MemoryUsedMiB = 0, TemperatureC = 9 };
        var full = Busy with { GpuUtilizationPercent = 100, MemoryUsedMiB = 81559, PowerUsageWatts = 700 };

        var headers = new[] { idle, Busy, full }.Select(
            readings => Render(SnapshotOf((Device(TestGpus.Gpu(0)), readings)), 80, 6)[1]);

        Assert.That(headers.Distinct().ToList(), Has.Count.EqualTo(1));
    }

    private static string[] Render(WatchSnapshot snapshot, int columns, int lines)
    {
        var view = new WatchView(WatchGlyphs.Unicode, hasKeys: true, AnsiSupport.No);
        return [.. view.Render(snapshot, new WatchSize(columns, lines), 0).Lines.Select(line => line.TrimEnd())];
    }
}
