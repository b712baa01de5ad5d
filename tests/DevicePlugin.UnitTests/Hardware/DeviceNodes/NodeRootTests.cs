using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

internal sealed class NodeRootTests
{
    [Test]
    [Platform("Linux")]
    public void FindDevice_TheKernelsOwn_HasItsNumbers()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                new NodeRoot().FindDevice("/dev/null"), Is.EqualTo(new DeviceNode("/dev/null", true, 1, 3, IsOpen: true)));
            Assert.That(new NodeRoot("/dev").FindDevice("/zero")?.Minor, Is.EqualTo(5));
            Assert.That(new NodeRoot().FindDevice("/etc/passwd")?.IsCharacterDevice, Is.False);
            Assert.That(new NodeRoot().FindDevice("/dev/no-such-node"), Is.Null);
        });
    }

    [TestCase("Character devices:\n195 nvidia\n511 nvidia-uvm\nBlock devices:\n7 nvidia-caps\n", 195, 511, null)]
    [TestCase("Character devices:\n195 nvidia-frontend\n237 nvidia-caps\n", 195, null, 237)]
    [TestCase("Character devices:\n-195 nvidia\n+511 nvidia-uvm\n", null, null, null)]
    [TestCase("", null, null, null)]
    [TestCase(null, null, null, null)]
    public void CharacterDevices_AreThoseOfTheDriver(string? text, int? gpus, int? memory, int? capabilities)
    {
        var devices = new CharacterDevices(text);

        Assert.That(
            (devices.Gpus, devices.UnifiedMemory, devices.Capabilities), Is.EqualTo((gpus, memory, capabilities)));
    }

    [Test]
    public void List_FolderThatIsNotThere_IsEmpty() => Assert.That(new NodeRoot().List("/no/such/folder"), Is.Empty);
}
