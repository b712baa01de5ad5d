using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Nomad.Sharing;

namespace DevicePlugin.UnitTests.Nomad.Sharing;

internal sealed class MpsFolderNamesTests
{
    private static readonly SharingConfig Mps = new() { Strategy = SharingStrategy.Mps };

    [Test]
    public void Of_NothingConfigured_IsUnderTheStateFolderByTheNumberOfTheBlock()
    {
        var config = PluginConfig.Default with { StateDir = "/state", Sharing = [new SharingConfig(), Mps] };

        Assert.That(MpsFolderNames.Of(config), Is.EqualTo(new[]
        {
            new MpsFolders(1, "/state/mps/1/pipe", "/state/mps/1/log"),
        }));
    }

    [Test]
    public void Of_ConfiguredForOneBlock_IsThatFolder()
    {
        var config = PluginConfig.Default with
        {
            Sharing = [Mps],
            Mps = new MpsConfig { PipeDirectory = "/pipe", LogDirectory = "/log" },
        };

        Assert.That(MpsFolderNames.Of(config), Is.EqualTo(new[] { new MpsFolders(0, "/pipe", "/log") }));
    }

    [Test]
    public void Of_ConfiguredForSeveralBlocks_IsAFolderForEach()
    {
        var config = PluginConfig.Default with
        {
            StateDir = "/state",
            Sharing = [Mps, Mps],
            Mps = new MpsConfig { PipeDirectory = "/pipe" },
        };

        Assert.That(MpsFolderNames.Of(config), Is.EqualTo(new[]
        {
            new MpsFolders(0, "/pipe/0", "/state/mps/0/log"), new MpsFolders(1, "/pipe/1", "/state/mps/1/log"),
        }));
    }

    // The pipe of a real daemon would lead a task of a fake GPU to a real one.
    [Test]
    public void Of_FakeGpus_AreApartFromThoseOfARealPlugin()
    {
        var config = PluginConfig.Default with
        {
            Backend = BackendKind.Fake,
            RunDir = "/run/plugin",
            Sharing = [new SharingConfig { Strategy = SharingStrategy.Mps }],
        };

        Assert.That(
            MpsFolderNames.Of(config),
            Is.EqualTo(new[] { new MpsFolders(0, "/run/plugin/simulated/mps/0/pipe", "/run/plugin/simulated/mps/0/log") }));
        Assert.That((config with { Backend = BackendKind.Nvml }).OwnRunDir, Is.EqualTo("/run/plugin"));
    }

    [Test]
    public void Of_NoBlockWithMps_IsEmpty() =>
        Assert.That(MpsFolderNames.Of(PluginConfig.Default with { Sharing = [new SharingConfig()] }), Is.Empty);
}
