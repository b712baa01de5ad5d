using DevicePlugin.Nomad.Configuration;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Under cgroup v2 a task of Nomad's exec driver opens only the devices that it was given.</summary>
internal sealed class CgroupCheck() : Check("cgroup", CheckScope.Linux)
{
    private const string Root = "/sys/fs/cgroup";

    protected override Finding Look(Examination node)
    {
        if (node.Files.HasFile($"{Root}/cgroup.controllers"))
        {
            return Finding.Pass(node.Config.Reserve.Strategies.Contains(ReservationStrategy.DeviceNodes)
                ? "v2, and tasks of exec are given their device nodes"
                : "v2; a task of exec opens a GPU only with the strategy device-nodes, one of raw_exec always");
        }

        if (!node.Files.HasFolder($"{Root}/devices"))
        {
            return Finding.Warn(
                $"no cgroups are mounted at {Root}",
                "Nomad's exec driver needs them; raw_exec and containers of another engine do not.");
        }

        return node.Files.HasFile($"{Root}/unified/cgroup.controllers")
            ? Finding.Warn(
                "v1 and v2 side by side",
                "Boot with systemd.unified_cgroup_hierarchy=1: Nomad and the container toolkit each choose one of the two.")
            : Finding.Pass("v1");
    }
}
