using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class NvmlLibraryTests
{
    [Test]
    public void Candidates_ConfiguredPath_IsTheOnlyOne() =>
        Assert.That(
            NvmlLibraryLocator.Candidates(new NvmlOptions { LibraryPath = "/opt/x.so" }),
            Is.EqualTo(new[] { "/opt/x.so" }));

    [Test]
    public void LinuxCandidates_NoDriverRoot_StartWithTheSystemsSearchAndEndWithTheKnownPlaces()
    {
        var candidates = NvmlLibraryLocator.LinuxCandidates("/").ToList();

        Assert.That(candidates[0], Is.EqualTo("libnvidia-ml.so.1"));
        Assert.That(candidates, Does.Contain("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"));
        Assert.That(candidates, Does.Contain("/usr/lib/wsl/lib/libnvidia-ml.so.1"));
        Assert.That(candidates, Does.Contain("/run/opengl-driver/lib/libnvidia-ml.so.1"));
    }

    [Test]
    public void LinuxCandidates_DriverRoot_ComesBeforeTheSystem()
    {
        var candidates = NvmlLibraryLocator.LinuxCandidates("/run/nvidia/driver").ToList();

        Assert.That(candidates[0], Does.StartWith("/run/nvidia/driver/"));
        Assert.That(candidates[^1], Is.EqualTo("libnvidia-ml.so.1"));
    }

    [Test]
    [Platform("Linux")]
    public void Load_NothingThatIsNvml_KeepsWhyForEach()
    {
        var text = Path.GetTempFileName();
        try
        {
            File.WriteAllText(text, "not a library");

            var library = NvmlLibrary.Load(["/nonexistent/libnvidia-ml.so.1", text, "libc.so.6"], out var attempts);

            Assert.That(library, Is.Null);
            Assert.That(attempts, Has.Length.EqualTo(3));
            Assert.That(attempts[0].Failure, Is.EqualTo("there is no such file"));
            Assert.That(attempts[1].Failure, Is.Not.Empty);
            Assert.That(attempts[2].Failure, Does.Contain("not NVML"));
        }
        finally
        {
            File.Delete(text);
        }
    }
}
