using DevicePlugin.Gpu.Sharing;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Whether only root can replace the driver's programs that the plugin runs.</summary>
internal sealed class ProgramsCheck() : Check("driver-programs", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        var tools = new DriverTools(node.Config.DriverRoot, FileStatus.Read, node.Files.Locate);
        var runsMps = node.Config.Mps.ManageDaemon && Shares(node, SharingStrategy.Mps);
        (string Name, bool IsUsed)[] programs =
        [
            (DriverTools.Smi, runsMps || Shares(node, SharingStrategy.TimeSlicing)),
            (DriverTools.Modprobe, node.Config.Reserve.CreateDeviceNodes),
            (DriverTools.MpsControl, runsMps),
            (DriverTools.MpsServer, runsMps),
        ];
        var installed = programs.Where(program => tools.Has(program.Name)).ToList();
        var distrusted = installed.Where(program => tools.FindDistrust(program.Name) is not null).ToList();
        if (distrusted.Count == 0)
        {
            return Finding.Pass(installed.Count > 0
                ? $"{string.Join(", ", installed.Select(program => program.Name))} belong to root alone"
                : $"none is installed under {node.Config.DriverRoot}");
        }

        var seen = string.Join("; ", distrusted.Select(program => tools.FindDistrust(program.Name)));
        const string Advice =
            "The plugin does not run such a program. Let root own the file and every folder of its path, and nobody else write "
            + "them (chown root, chmod go-w).";
        return distrusted.Exists(program => program.IsUsed) ? Finding.Fail(seen, Advice) : Finding.Warn(seen, Advice);
    }

    private static bool Shares(Examination node, SharingStrategy strategy) =>
        node.Config.Sharing.Any(sharing => sharing.Strategy == strategy);
}
