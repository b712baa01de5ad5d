using System.Globalization;
using DevicePlugin.Gpu;
using DevicePlugin.Output;

namespace DevicePlugin.Doctor.Checks;

/// <summary>
/// systemd finds a device by its link in /dev/char when it sets up a container's cgroup again, as <c>systemctl
/// daemon-reload</c> makes it do. udev makes no links for the driver's nodes, and the container loses its GPU
/// (nvidia-container-toolkit issue 48).
/// </summary>
internal sealed class DevCharLinksCheck() : Check("dev-char-links", CheckScope.RealGpus | CheckScope.Linux)
{
    private const int Told = 3;

    protected override Finding Look(Examination node)
    {
        if (!node.Files.HasFolder("/run/systemd/system"))
        {
            return Finding.Pass("does not apply: no systemd here");
        }

        var nodes = Names(node).Select(name => node.Files.FindDevice($"{node.Config.DevRoot}/{name}"))
            .Where(device => device is { IsCharacterDevice: true }).ToList();
        var missing = nodes.Where(device => node.Files.FindDevice(LinkOf(node, device!.Major, device.Minor)) is null)
            .Select(device => $"{LinkOf(node, device!.Major, device.Minor)} ({Path.GetFileName(device.Path)})").ToList();
        if (missing.Count == 0)
        {
            return Finding.Pass(nodes.Count == 0 ? "no device nodes to link" : "every node has its link");
        }

        return Finding.Warn(
            $"absent: {Counted.First(Told, missing)}",
            "Run nvidia-ctk system create-dev-char-symlinks --create-all at boot: without the links running containers lose "
            + "their GPU at systemctl daemon-reload. The strategy device-nodes beside envvar avoids that too.");
    }

    private static IEnumerable<string> Names(Examination node) =>
        ["nvidiactl", "nvidia-uvm", .. node.Gpus.Select(Name).OfType<string>()];

    private static string? Name(GpuDevice gpu) =>
        gpu.MinorNumber is { } minor ? string.Create(CultureInfo.InvariantCulture, $"nvidia{minor}") : null;

    private static string LinkOf(Examination node, int major, int minor) =>
        string.Create(CultureInfo.InvariantCulture, $"{node.Config.DevRoot}/char/{major}:{minor}");
}
