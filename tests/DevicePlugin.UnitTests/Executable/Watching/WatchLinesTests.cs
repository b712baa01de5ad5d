using DevicePlugin.Gpu;
using DevicePlugin.Watching;
using static DevicePlugin.UnitTests.Executable.Watching.WatchedNode;

namespace DevicePlugin.UnitTests.Executable.Watching;

internal sealed class WatchLinesTests
{
    [Test]
    public void Of_AnyKindOfDevice_IsALineOfText() => Assert.That(WatchLines.Of(Mixed()), Is.EqualTo(
    [
        "12:00:00  0 H100 80GB HBM3  GPU-00000000    87%   70.5/79.6   64C  612/700W  1755MHz  software power cap  healthy",
        "12:00:00  1 H100 80GB HBM3  GPU-00000001    N/A         N/A   N/A       N/A      N/A  N/A                 unhealthy"
            + "  GPU is lost: nvmlDeviceGetHandleByIndex answered GPU_IS_LOST; reboot the node. Since 2026-11-22T12:00:00Z",
        "12:00:00  2 GB10            GPU-00000002    N/A         N/A   N/A       N/A      N/A  N/A                 healthy",
        "12:00:00  3 H100 80GB HBM3  GPU-00000003                      45C  231/700W",
        "12:00:00    - 1g.10gb 7/0   MIG-0003-0007   42%     0.5/9.5                                               healthy",
        "12:00:00    - 1g.10gb 8/0   MIG-0003-0008   N/A     0.5/9.5                                               healthy",
    ]));

    [Test]
    public void Of_NoDriver_SaysWhy()
    {
        var snapshot = Mixed() with { Rows = [], Driver = new DriverStatus(DriverState.LibraryMissing, "tried \n all") };

        Assert.That(WatchLines.Of(snapshot), Is.EqualTo(["12:00:00  no driver (library_missing): tried ? all"]));
    }

    [TestCase("xterm", "C.UTF-8", true)]
    [TestCase("xterm", "de_DE.utf8", true)]
    [TestCase("xterm", "POSIX", false)]
    [TestCase("xterm", null, false)]
    [TestCase("linux", "C.UTF-8", false)]
    [Platform(Exclude = "Win", Reason = "Windows has no such variables.")]
    public void ForTerminal_CharacterSet_DecidesBetweenUnicodeAndAscii(string terminal, string? language, bool unicode) =>
        Assert.That(
            WatchGlyphs.ForTerminal(name => name switch { "TERM" => terminal, "LANG" => language, _ => null }),
            Is.SameAs(unicode ? WatchGlyphs.Unicode : WatchGlyphs.Ascii));

    [TestCase(0, "──────")]
    [TestCase(0.02, "──────")]
    [TestCase(0.1, "╸─────")]
    [TestCase(0.5, "━━━───")]
    [TestCase(1.2, "━━━━━━")]
    public void Bar_Part_IsExactToHalfACharacter(double part, string bar) =>
        Assert.That(WatchGlyphs.Unicode.Bar(part, 6), Is.EqualTo(bar));
}
