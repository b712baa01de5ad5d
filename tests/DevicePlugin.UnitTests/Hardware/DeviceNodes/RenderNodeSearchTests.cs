using System.Collections.Immutable;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

/// <summary>Devices of every Linux stand for nodes: null has the numbers 1:3, zero has 1:5.</summary>
[Platform("Linux")]
internal sealed class RenderNodeSearchTests
{
    private static readonly GpuDevice Gpu = TestGpus.Gpu(2) with { PciBusId = "0000:3b:00.0" };

    private TemporaryTree _tree = null!;
    private RenderNodeSearch _search = null!;

    private NodeFileOptions Options => new()
    {
        DevRoot = Path.Combine(_tree.Root, "dev"),
        SysRoot = Path.Combine(_tree.Root, "sys"),
        RenderNodes = true,
    };

    [SetUp]
    public void SetUp()
    {
        _tree = new TemporaryTree();
        _search = new RenderNodeSearch(Options);
        Write("0000:3b:00.0", "card1", "1:3");
        Write("0000:3b:00.0", "renderD128", "1:5");
        Write("0000:af:00.0", "card0", "1:5");
        _tree.Link("dev/dri/card0", "/dev/zero");
        _tree.Link("dev/dri/card1", "/dev/null");
        _tree.Link("dev/dri/renderD128", "/dev/zero");
    }

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void AddNodes_OfAGpu_AddsThoseAtItsAddressAlone()
    {
        Directory.CreateDirectory(Path.Combine(_tree.Root, "sys/bus/pci/devices/0000:3b:00.0/drm/card1-HDMI-A-1"));

        Assert.That(Find(Gpu), Is.EqualTo(["dri/card1", "dri/renderD128"]));
        Assert.That(Find(Gpu with { PciBusId = "0000:af:00.0" }), Is.EqualTo(["dri/card0"]));
    }

    // Nodes that stayed behind when GPUs left the bus and came back with other numbers.
    [TestCase("1:5")]
    [TestCase("226:1")]
    public void AddNodes_NodeOfAnotherDevice_IsNeverAdded(string numbers)
    {
        Write("0000:3b:00.0", "card1", numbers);

        Assert.That(Find(Gpu, out var problem), Is.Empty);
        Assert.That(problem, Does.Contain("dev/dri/card1\" is not the GPU's node").And.Contain(numbers));
    }

    [Test]
    public void AddNodes_FileInPlaceOfANode_IsNeverAdded()
    {
        File.Delete(Path.Combine(_tree.Root, "dev/dri/card1"));
        _tree.Write("dev/dri/card1");

        Assert.That(Find(Gpu, out var problem), Is.Empty);
        Assert.That(problem, Does.Contain("card1"));
    }

    [TestCase("")]
    [TestCase("226")]
    [TestCase("226:x")]
    public void AddNodes_NumbersThatTheKernelDoesNotTell_AreNotGuessed(string numbers)
    {
        Write("0000:3b:00.0", "card1", numbers);

        Assert.That(Find(Gpu, out var problem), Is.Empty);
        Assert.That(problem, Does.Contain("drm/card1/dev"));
    }

    [Test]
    public void AddNodes_GpuWithoutThem_HasNoneAndNoProblem()
    {
        File.Delete(Path.Combine(_tree.Root, "dev/dri/card1"));

        Assert.That(Find(Gpu), Is.EqualTo(["dri/renderD128"]), "a node that is not there is left out");
        Assert.That(Find(Gpu with { PciBusId = "0000:5e:00.0" }), Is.Empty, "nvidia-drm is not loaded");
        Assert.That(Find(Gpu with { PciBusId = null }), Is.Empty);
    }

    [Test]
    public void AddNodes_OfAMigInstance_AreNone() => Assert.That(Find(TestGpus.Instance(Gpu, 9)), Is.Empty);

    [Test]
    public void AddNodes_ThatNobodyAskedFor_AreNone()
    {
        _search = new RenderNodeSearch(Options with { RenderNodes = false });

        Assert.That(Find(Gpu), Is.Empty);
    }

    private ImmutableArray<string> Find(GpuDevice gpu)
    {
        var nodes = Find(gpu, out var problem);
        Assert.That(problem, Is.Null);
        return nodes;
    }

    private ImmutableArray<string> Find(GpuDevice gpu, out string? problem)
    {
        var nodes = ImmutableArray.CreateBuilder<string>();
        problem = _search.AddNodes(gpu, nodes);
        return nodes.ToImmutable();
    }

    private void Write(string address, string name, string numbers) =>
        _tree.Write($"sys/bus/pci/devices/{address}/drm/{name}/dev", numbers + "\n");
}
