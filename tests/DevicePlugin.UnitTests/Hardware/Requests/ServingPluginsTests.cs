using DevicePlugin.Hardware.Requests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.Requests;

/// <summary>Which of the node's processes are this plugin, as its agent started it.</summary>
[Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ServingPluginsTests : IDisposable
{
    private const string Program = "nomad-device-gpu";
    private const string Cookie = "NOMAD_PLUGIN_MAGIC_COOKIE";

    private readonly TemporaryTree _proc = new();

    public void Dispose() => _proc.Dispose();

    [TestCase("/opt/nomad/plugins/nomad-device-gpu", "x", ExpectedResult = true)]
    [TestCase("/opt/nomad/plugins/nomad-device-gpu (deleted)", "x", ExpectedResult = true, Description = "an upgrade")]
    [TestCase("/opt/nomad/plugins/gpu", "nomad-device-gp\n", ExpectedResult = true, Description = "another file name")]
    [TestCase("/opt/nomad/plugins/gpu", "gpu\n", ExpectedResult = false, Description = "another plugin")]
    public bool Find_GoesByFileOrName(string file, string name)
    {
        Add(10, file, name);

        return Find().Any();
    }

    [Test]
    public void Find_WithoutTheCookie_IsACommandOfAPerson()
    {
        Add(10, "/usr/bin/nomad-device-gpu", "nomad-device-gp\n", "HOME=/root\0");

        Assert.That(Find(), Is.Empty);
    }

    [Test]
    public void Find_SaysWhichFolderAProcessHolds()
    {
        Add(10, "/opt/gpu", "nomad-device-gp\n");
        _proc.Link("10/fd/3", "/var/lib/other/cordons.json");
        _proc.Link("10/fd/4", "/var/lib/other/lock");
        Add(11, "/opt/gpu", "nomad-device-gp\n");

        Assert.That(Find().Select(plugin => plugin.ToString()), Is.EquivalentTo(
            ["process 10, state folder \"/var/lib/other\"", "process 11"]));
    }

    [TestCase("0 0 0 0", ExpectedResult = true)]
    [TestCase("65534 65534 65534 65534", ExpectedResult = false)]
    [TestCase("65534 0 0 0", ExpectedResult = false, Description = "started by another user with the rights of root")]
    public bool Find_GoesByTheUser_SinceAnybodyMayUseTheName(string users)
    {
        Add(10, "/opt/gpu", "nomad-device-gp\n");
        _proc.Write("10/status", $"Name:\tnomad-device-gp\nUid:\t{users.Replace(' ', '\t')}\nGid:\t0\t0\t0\t0\n");

        return Find().Any();
    }

    [Test]
    public void Find_ProcessThatEnded_IsNone()
    {
        _proc.Write("10/stat");
        _proc.Write("self/comm", "nomad-device-gp");

        Assert.That(Find(), Is.Empty);
        Assert.That(ServingPlugins.Find("/no/such/proc", Program, Cookie), Is.Empty);
    }

    private IEnumerable<ServingPlugin> Find() => ServingPlugins.Find(_proc.Root, Program, Cookie);

    private void Add(int id, string file, string name, string environment = $"HOME=/root\0{Cookie}=1\0")
    {
        _proc.Link($"{id}/exe", file);
        _proc.Write($"{id}/comm", name);
        _proc.Write($"{id}/environ", environment);
    }
}
