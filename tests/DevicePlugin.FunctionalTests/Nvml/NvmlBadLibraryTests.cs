using DevicePlugin.Gpu;
using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Tests;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.FunctionalTests.Nvml;

/// <summary>A library at NVML's path that is damaged, is something else, or is not to be trusted.</summary>
[Platform("Linux")]
internal sealed class NvmlBadLibraryTests
{
    private TestLogs _logs = null!;
    private DirectoryInfo _folder = null!;
    private NvmlBackend? _backend;

    [SetUp]
    public void SetUp()
    {
        _logs = new TestLogs();
        _folder = Directory.CreateTempSubdirectory("library");
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_backend is not null)
        {
            await _backend.DisposeAsync();
        }

        _logs.Dispose();
        _folder.Delete(recursive: true);
    }

    [TestCase("libc.so.6")]
    [TestCase("libm.so.6")]
    public async Task Library_OfAnotherKind_IsMissingWithTheReason(string library) =>
        await ExpectNotNvmlAsync(library);

    [Test]
    public async Task Library_WithoutASymbol_IsMissingWithTheReason() => await ExpectNotNvmlAsync(Bad("empty"));

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(64)]
    [TestCase(500)]
    [TestCase(4096)]
    [TestCase(100_000)]
    public async Task Library_ThatIsCutOff_IsMissingWithTheReason(int length)
    {
        var path = Path.Combine(_folder.FullName, "libnvidia-ml.so.1");
        await File.WriteAllBytesAsync(path, File.ReadAllBytes(PluginProcess.MockLibrary())[..length]);

        var report = await EnumerateAsync(path);

        Assert.That(report.Driver.State, Is.EqualTo(DriverState.LibraryMissing));
        Assert.That(report.Driver.Reason, Does.Contain(length < 64 ? "file too short" : length <= 500
            ? "its program headers are not in the file" : $"it has {length} bytes, which is less than its headers say"));
    }

    [Test]
    public async Task Library_NotARegularFile_IsMissingWithTheReason()
    {
        var pipe = Path.Combine(_folder.FullName, "libnvidia-ml.so.1");
        Hostility.Pipe.Put(pipe);

        foreach (var path in new[] { pipe, _folder.FullName, "/dev/zero", "/proc/self/mem" })
        {
            var report = await EnumerateAsync(path);
            await _backend!.DisposeAsync();

            Assert.That(report.Driver.State, Is.EqualTo(DriverState.LibraryMissing), path);
            Assert.That(report.Driver.Reason, Does.Contain(path), path);
        }
    }

    // libcuda is looked for beside NVML.
    [Test]
    public async Task Cuda_ThatNeverFinishesLoading_CostsItsFactsAlone()
    {
        var folder = Directory.CreateTempSubdirectory("cuda").FullName;
        var library = Path.Combine(folder, "libnvidia-ml.so.1");
        File.Copy(PluginProcess.MockLibrary(), library);
        File.Copy(Bad("hang"), Path.Combine(folder, "libcuda.so.1"));

        var run = await PluginProcess.RunAsync(
            PluginProcess.BuiltIn("dgx-h100"), "fingerprint", "--json", "--nvml-library", library);

        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        Assert.That(run.Output, Does.Contain("NVIDIA H100").And.Not.Contain("l2_cache"));
    }

    [Test]
    public async Task Library_ThatOnlyOpens_IsAFailedDriverWithTheMissingFunction()
    {
        var report = await EnumerateAsync(Bad("mute"));

        Assert.That(report.Driver.State, Is.EqualTo(DriverState.Failed));
        Assert.That(report.Devices, Is.Empty);
        Assert.That(
            _logs.Named("DriverLost").First().Message, Does.Contain("nvmlDeviceGetCount").And.Contain("FUNCTION_NOT_FOUND"));
    }

    [Test]
    public async Task Library_GarbledTextAndLengths_ServesTheSoundGpuAndWhatHasAnIdentity()
    {
        var report = await EnumerateAsync(Bad("garbled"));

        Assert.That(report.Driver.IsLoaded, Is.True);
        Assert.That(report.Devices.Select(device => device.Index), Is.EqualTo(new[] { 0, 2 }));
        var (sound, garbled) = (report.Devices[0], report.Devices[1]);
        Assert.That(sound.Name, Is.EqualTo("Sound GPU"));
        Assert.That(sound.PciBusId, Is.EqualTo("0000:3b:00.0"));
        Assert.That(sound.Fault, Is.Null);
        Assert.That(garbled.Name, Does.Match("^NVIDIA GPU [0-9a-f]{4}:[0-9a-f]{4}$"));
        Assert.That(_logs.Named("NameIsNoText").Count(), Is.EqualTo(1));
        Assert.That(garbled.PciBusId, Is.Null);
        Assert.That(
            _logs.Named("GpuLeftOut").Select(entry => entry.Message),
            Is.EqualTo(new[]
            {
                "NVML gives no access to the GPU with index 1: nvmlDeviceGetUUID gave text that is no UUID.",
                "NVML gives no access to the GPU with index 3: nvmlDeviceGetUUID answered 4711.",
            }));
    }

    [Test]
    public async Task Library_GarbledTextAndLengths_SamplesAreAbsentValuesAndTheSoundGpusOwn()
    {
        var report = await EnumerateAsync(Bad("garbled"));

        var sound = await _backend!.ReadAsync(report.Devices[0], CancellationToken.None).DefaultTimeout();
        var garbled = await _backend.ReadAsync(report.Devices[1], CancellationToken.None).DefaultTimeout();

        Assert.That(sound.TemperatureC, Is.EqualTo(40));
        Assert.That(sound.MemoryUsedMiB, Is.EqualTo(1024));
        Assert.That(sound.ComputeProcesses, Is.Zero);
        Assert.That(garbled.ComputeProcesses, Is.Null);
        Assert.That(garbled.TemperatureC, Is.Null);
        Assert.That(garbled.PowerUsageWatts, Is.Null);
    }

    [Test]
    public async Task Library_EndlessCount_ServesWhatAnswersWithOneWarningForTheRest()
    {
        var report = await EnumerateAsync(Bad("endless"));
        await _backend!.EnumerateAsync(CancellationToken.None).DefaultTimeout();

        Assert.That(report.Devices.Select(device => device.Index), Is.EqualTo(new[] { 0, 2 }));
        Assert.That(_logs.Named("GpuLeftOut").Count(), Is.EqualTo(3));
        Assert.That(
            _logs.Named("GpuLeftOut").Last().Message,
            Does.Contain("index 4").And.Contain("nvmlDeviceGetHandleByIndex_v2 answered INVALID_ARGUMENT"));
    }

    private static string Bad(string name) => Prerequisite.File(
        Path.Combine(Repository.Root, "artifacts", "hwmocks", "bad", $"lib{name}.so"), "make -C hwmocks");

    private async Task ExpectNotNvmlAsync(string library)
    {
        var report = await EnumerateAsync(library);

        Assert.That(report.Driver.State, Is.EqualTo(DriverState.LibraryMissing));
        Assert.That(report.Driver.Reason, Does.Contain(library).And.Contain("not NVML"));
        Assert.That(report.Devices, Is.Empty);
        Assert.That(_logs.Named("DriverUnavailable").Count(), Is.EqualTo(1));
    }

    private async Task<NodeReport> EnumerateAsync(string library)
    {
        _backend = new NvmlBackend(new NvmlOptions { LibraryPath = library }, _logs, new FakeTimeProvider());
        return await _backend.EnumerateAsync(CancellationToken.None).DefaultTimeout();
    }
}
