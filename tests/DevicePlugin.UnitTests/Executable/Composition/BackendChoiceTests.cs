using DevicePlugin.Composition;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.UnitTests.Executable.Composition;

internal sealed class BackendChoiceTests
{
    [TestCase(DriverCapabilities.Graphics, BackendKind.Nvml, true)]
    [TestCase(DriverCapabilities.Display, BackendKind.Nvml, true)]
    [TestCase(DriverCapabilities.All, BackendKind.Nvml, true)]
    [TestCase(DriverCapabilities.Compute, BackendKind.Nvml, false)]
    [TestCase(DriverCapabilities.Graphics, BackendKind.Fake, false, Description = "its PCI address is that of another device, if of any")]
    public void RenderNodes_AreThoseOfRealGpusForGraphics(DriverCapabilities capability, BackendKind backend, bool expected) =>
        Assert.That(BackendChoice.NodeFileOptionsOf(Config(capability) with { Backend = backend }).RenderNodes, Is.EqualTo(expected));

    [Test]
    public void Capabilities_AreNeededWhereTheyAreNamed()
    {
        var named = BackendChoice.NodeFileOptionsOf(Config(DriverCapabilities.Utility, DriverCapabilities.Video));
        var all = BackendChoice.NodeFileOptionsOf(Config(DriverCapabilities.All));
        var none = BackendChoice.NodeFileOptionsOf(Config());

        Assert.That(
            (named.Capabilities, named.NeededCapabilities),
            Is.EqualTo(((DriverCapabilities?)(DriverCapabilities.Utility | DriverCapabilities.Video), named.Capabilities)));
        Assert.That(
            (all.Capabilities, all.NeededCapabilities),
            Is.EqualTo(((DriverCapabilities?)DriverCapabilities.All, DriverCapabilities.Compute)), "whatever there is");
        Assert.That(
            (none.Capabilities, none.NeededCapabilities), Is.EqualTo(((DriverCapabilities?)null, DriverCapabilities.Compute)));
    }

    private static PluginConfig Config(params DriverCapabilities[] capabilities) => PluginConfig.Default with
    {
        Reserve = new ReserveConfig { DriverCapabilities = [.. capabilities] },
    };
}
