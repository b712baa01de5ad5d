using DevicePlugin.Doctor;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Nomad.Configuration;
using DevicePlugin.Tests;
using DevicePlugin.UnitTests.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Executable.Doctor;

/// <summary>A node's file tree in a temporary folder, and what was asked of the node.</summary>
internal sealed class MadeNode : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("made-node").FullName;

    public MadeNode() => Examination = new Examination
    {
        Files = new NodeRoot(_folder),
        IsPrivileged = true,
        Executable = "/opt/nomad/plugins/nomad-device-gpu",
    };

    public Examination Examination { get; set; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public string Locate(string path) => _folder + path;

    public MadeNode File(string path, string text = "")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Locate(path))!);
        System.IO.File.WriteAllText(Locate(path), text);
        return this;
    }

    public MadeNode Program(string path)
    {
        File(path);
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.SetUnixFileMode(Locate(path), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return this;
    }

    public MadeNode Folder(string path)
    {
        Directory.CreateDirectory(Locate(path));
        return this;
    }

    /// <summary>
    /// A link, by which a test has device nodes without the right to make any: the kernel's own under /dev have fixed
    /// numbers, 1:3 for null and 1:5 for zero (Documentation/admin-guide/devices.txt).
    /// </summary>
    public MadeNode Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Locate(path))!);
        System.IO.File.CreateSymbolicLink(Locate(path), target);
        return this;
    }

    public MadeNode Device(string path, int major, int minor)
    {
        MadeDevice.Create(Locate(path), major, minor);
        return this;
    }

    public MadeNode Config(Func<PluginConfig, PluginConfig> change)
    {
        Examination = Examination with { Config = change(Examination.Config) };
        return this;
    }

    public MadeNode Strategies(params ReservationStrategy[] strategies) =>
        Config(config => config with { Reserve = config.Reserve with { Strategies = [.. strategies] } });

    public MadeNode With(params GpuDevice[] gpus) => With(gpus.Select(
        gpu => new InventoryDevice(gpu.Uuid, gpu, DeviceHealth.Healthy)));

    public MadeNode With(IEnumerable<InventoryDevice> devices)
    {
        Examination = Examination with { Inventory = new Inventory(TestGpus.Report().Driver, devices, false) };
        return this;
    }

    /// <summary>Runs the check of this id, as doctor does.</summary>
    public Finding Check(string id) => DoctorChecks.All.Single(check => check.Id == id).Run(Examination).Finding;

    /// <summary>Whatever is not in order comes with advice, and nothing else does.</summary>
    public Finding AssertFinding(string id, CheckStatus status, string seen)
    {
        var finding = Check(id);
        Assert.Multiple(() =>
        {
            Assert.That(finding.Status, Is.EqualTo(status), finding.Seen);
            Assert.That(finding.Seen, Does.Contain(seen));
            Assert.That(finding.Advice, status == CheckStatus.Pass ? Is.Empty : Is.Not.Empty);
        });
        return finding;
    }

    public static GpuDevice GpuWithMinor(int minor) => TestGpus.Gpu(0) with { MinorNumber = minor };
}
