using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

/// <summary>The kernel module has the last word on whose a node is.</summary>
internal sealed class KernelGpuTests
{
    private const string Unnamed = "GPU-????????-????-????-????-????????????";

    private static readonly GpuDevice Gpu = TestGpus.Gpu(2);
    private static readonly GpuDevice Other = TestGpus.Gpu(3);

    private TemporaryTree _tree = null!;
    private ObservedTimeProvider _time = null!;
    private NodeFileReader _reader = null!;

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        _time = new ObservedTimeProvider();
        _reader = new NodeFileReader(new NodeFileOptions
        {
            DriverRoot = Path.Combine(_tree.Root, "driver"),
            DevRoot = Path.Combine(_tree.Root, "dev"),
            ProcRoot = Path.Combine(_tree.Root, "proc"),
        }, _time);
        foreach (var name in (string[])
            ["nvidiactl", "nvidia-uvm", "nvidia2", "nvidia3", "nvidia-caps/nvidia-cap30", "nvidia-caps/nvidia-cap31"])
        {
            _tree.Write($"dev/{name}");
        }
    }

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void Parse_File_GivesWhatItSays()
    {
        var gpu = KernelGpu.Parse("0000:3b:00.0", Information("GPU-0badc0de-0000", 5, "NVIDIA L40S"));

        Assert.That(gpu.Uuid, Is.EqualTo("GPU-0badc0de-0000"));
        Assert.That(gpu.MinorNumber, Is.EqualTo(5));
        Assert.That(gpu.Model, Is.EqualTo("NVIDIA L40S"));
        Assert.That(gpu.IsExcluded, Is.False);
    }

    [TestCase("")]
    [TestCase("Model: \t\t Unknown\nGPU UUID: \t GPU-????????-????-????-????-????????????\nDevice Minor: \t x\n")]
    [TestCase("Model: \t\t \u0001\u0002\n")]
    public void Parse_NothingUsable_IsUnknown(string text)
    {
        var gpu = KernelGpu.Parse("0000:3b:00.0", text);

        Assert.That((gpu.Uuid, gpu.MinorNumber, gpu.Model), Is.EqualTo(((string?)null, (int?)null, (string?)null)));
    }

    [TestCase("GPU Excluded:\t Yes\n")]
    [TestCase("Blacklisted:\t Yes\n")]
    public void Parse_Excluded_IsToldOfOldDriversToo(string text) =>
        Assert.That(KernelGpu.Parse("0000:3b:00.0", text).IsExcluded, Is.True);

    [Test]
    public void Read_KernelAgrees_GivesTheNode()
    {
        Write(Gpu.PciBusId!, Gpu.Uuid, 2);

        Assert.That(Read(Gpu).Nodes, Is.EqualTo(["nvidia2"]));
    }

    [Test]
    public void Read_NoFile_NvmlCounts() => Assert.That(Read(Gpu).Nodes, Is.EqualTo(["nvidia2"]));

    [Test]
    public void Read_UuidOfQuestionMarks_NvmlCounts()
    {
        Write(Gpu.PciBusId!, Unnamed, 2);

        Assert.That(Read(Gpu).Nodes, Is.EqualTo(["nvidia2"]));
    }

    [Test]
    public void Read_AnotherMinorNumber_IsRefusedWithBoth()
    {
        Write(Gpu.PciBusId!, Gpu.Uuid, 3);

        AssertContradicted(Read(Gpu), "minor number is 2", "the kernel says 3", $"{Gpu.PciBusId}/information");
    }

    [Test]
    public void Read_AnotherGpuAtItsAddress_IsRefusedWithBoth()
    {
        Write(Gpu.PciBusId!, Other.Uuid, 2);

        AssertContradicted(Read(Gpu), Gpu.Uuid, Other.Uuid);
    }

    [Test]
    public void Read_ItIsElsewhereWithAnotherNode_IsRefused()
    {
        Write("0000:64:00.0", Gpu.Uuid, 3);

        AssertContradicted(Read(Gpu), "minor number is 2", "the kernel says 3", "0000:64:00.0");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Read_ItsNodeIsAnotherGpus_IsRefused(bool isUnnamedAtItsAddress)
    {
        Write("0000:63:00.0", Other.Uuid, 2);
        if (isUnnamedAtItsAddress)
        {
            Write(Gpu.PciBusId!, Unnamed, 2);
        }

        AssertContradicted(Read(Gpu), "nvidia2", Gpu.Uuid, Other.Uuid);
    }

    [Test]
    public void Read_MigInstance_IsJudgedByItsParent()
    {
        Write(Gpu.PciBusId!, Gpu.Uuid, 3);

        AssertContradicted(Read(TestGpus.Instance(Gpu, 9)), "minor number is 2", "the kernel says 3");
    }

    [Test]
    public void Read_WithoutAPciAddress_TheOtherFilesAreAsked()
    {
        Write("0000:63:00.0", Other.Uuid, 2);

        AssertContradicted(Read(Gpu with { PciBusId = null }), Other.Uuid);
    }

    [Test]
    [Platform("Linux")]
    public async Task Read_FileDoesNotAnswer_IsRefusedWithItsNameAndTheOthersAreNot()
    {
        Write(Other.PciBusId!, Other.Uuid, 3);
        var pipe = _tree.Write($"proc/driver/nvidia/gpus/{Gpu.PciBusId}/information");
        File.Delete(pipe);
        Hostility.Pipe.Put(pipe);

        var reading = Task.Run(() => Read(Gpu));
        await _time.NextTimer();
        _time.Advance(KernelGpuFiles.Limit);
        var first = await reading.DefaultTimeout();
        // The clock stands still from here: what hangs is not waited for a second time.
        var files = await Task.Run(() => _reader.Read([Gpu, Other], new DriverStatus(DriverState.Loaded))).DefaultTimeout();

        Assert.That(first.Problem, Is.EqualTo(files.Find(Gpu.Uuid)!.Problem));
        Assert.That(files.Find(Gpu.Uuid)!.Problem, Does.Contain(pipe).And.Contain("within 1 s"));
        Assert.That(files.Find(Gpu.Uuid)!.Nodes, Is.Empty);
        Assert.That(files.Find(Gpu.Uuid)!.IsContradicted, Is.False, "reading again would not help");
        Assert.That(files.Find(Other.Uuid)!.Nodes, Is.EqualTo(["nvidia3"]));

        // Lets the reader go: it is back when the file is asked again. A lock on the pipe would keep it from opening it.
        File.Open(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite).Dispose();
        File.Delete(pipe);
        Write(Gpu.PciBusId!, Gpu.Uuid, 2);
        Assert.That(() => Read(Gpu).Problem, Is.Null.After(5).Seconds.PollEvery(10).MilliSeconds);
    }

    private static void AssertContradicted(DeviceFiles files, params string[] words)
    {
        Assert.That(files.Nodes, Is.Empty);
        Assert.That(files.IsContradicted, Is.True);
        foreach (var word in words)
        {
            Assert.That(files.Problem, Does.Contain(word));
        }
    }

    private static string Information(string uuid, int minor, string model) =>
        $"Model: \t\t {model}\nIRQ:   \t\t 158\nGPU UUID: \t {uuid}\nVideo BIOS: \t ??.??.??.??.??\nBus Type: \t PCIe\n"
        + $"DMA Size: \t 47 bits\nDMA Mask: \t 0x7fffffffffff\nBus Location: \t 0000:3b:00.0\nDevice Minor: \t {minor}\n"
        + "GPU Excluded:\t No\n";

    private DeviceFiles Read(GpuDevice gpu) =>
        _reader.Read(ImmutableArray.Create(gpu), new DriverStatus(DriverState.Loaded)).Devices.Single();

    private void Write(string address, string uuid, int minor) => _tree.Write(
        $"proc/driver/nvidia/gpus/{address}/information", Information(uuid, minor, TestGpus.Model));
}
