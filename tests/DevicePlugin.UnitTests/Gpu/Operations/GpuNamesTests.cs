using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Cordons;
using DevicePlugin.Gpu.Operations;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Gpu.Operations;

internal sealed class GpuNamesTests
{
    private static readonly GpuDevice[] Gpus =
    [
        Board(0, "GPU-aaaa1111", "165"), Board(1, "GPU-aaaa2222", "166"), Board(2, "GPU-bbbb3333", "167"),
        TestGpus.Instance(Board(2, "GPU-bbbb3333", "167"), 1), Board(3, "GPU-cccc4444", "167"),
    ];

    [TestCase("GPU-aaaa1111", 0)]
    [TestCase("gpu-AAAA2", 1)]
    [TestCase("2", 2)]
    [TestCase("0000:11:00.0", 1)]
    [TestCase("166", 1)]
    public void Find_OneGpu_IsFound(string name, int index)
    {
        var names = new GpuNames(Gpus, CordonRecord.Empty, []);

        Assert.That(names.Find(name, out _)?.Index, Is.EqualTo(index));
    }

    [TestCase("GPU-aaaa", "names 2 GPUs: GPU-aaaa1111, GPU-aaaa2222")]
    [TestCase("167", "names 2 GPUs")]
    [TestCase("7", "names no GPU of this node; it has GPU-aaaa1111, ")]
    [TestCase("GPU", "names no GPU")]
    [TestCase("", "names no GPU")]
    [TestCase("MIG-0002-0001", "is a MIG instance")]
    public void Find_NoneOrSeveral_SaysSo(string name, string expected)
    {
        var names = new GpuNames(Gpus, CordonRecord.Empty, []);

        Assert.That(names.Find(name, out var problem), Is.Null);
        Assert.That(problem, Does.Contain(expected));
    }

    [Test]
    public void Find_AllOrWhatNoGpuHas_SaysWhatToDoInAShortLine()
    {
        var names = new GpuNames(
            Enumerable.Range(0, 500).Select(n => TestGpus.Gpu(0) with { Uuid = $"GPU-{n:D8}-0000", Index = n }), CordonRecord.Empty, []);

        Assert.That(names.Find("all", out var problem), Is.Null);
        Assert.That(problem, Does.EndWith("name each GPU"));
        Assert.That(names.Find($"\u001b[2J{new string('x', 10_000)}", out problem), Is.Null);
        Assert.That(problem, Has.Length.LessThan(600).And.EndWith(" and 484 more"));
    }

    [Test]
    public void Find_GpuThatIsOnlyCordoned_IsFound()
    {
        var record = new CordonRecord([new Cordon("GPU-dddd", "RMA", "root", default) { BoardSerial = "9" }]);
        var names = new GpuNames(Gpus, record, []);

        Assert.That(names.Find("GPU-dddd", out _)?.Uuid, Is.EqualTo("GPU-dddd"));
        Assert.That(names.Find("9", out _)?.Uuid, Is.EqualTo("GPU-dddd"));
    }

    [Test]
    public void OwnSerialOf_BoardWithSeveralGpus_IsNone()
    {
        var names = new GpuNames(Gpus, CordonRecord.Empty, []);

        Assert.That(names.OwnSerialOf(Gpus[0]), Is.EqualTo("165"));
        Assert.That(names.OwnSerialOf(Gpus[2]), Is.Null);
    }

    private static GpuDevice Board(int index, string uuid, string serial)
    {
        var gpu = TestGpus.Gpu(index);
        return gpu with { Uuid = uuid, Facts = gpu.Facts with { BoardSerial = serial } };
    }
}
