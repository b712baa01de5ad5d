using DevicePlugin.Hardware.KernelLog;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Without the kernel log, XIDs that come while the plugin is not running are never seen.</summary>
internal sealed class KernelLogCheck() : Check("kernel-log", CheckScope.RealGpus | CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        var path = Path.Combine(node.Config.DevRoot, "kmsg");
        if (!node.Config.Health.KernelLog)
        {
            return Finding.Pass("it is not read: health.kernel_log is false");
        }

        return KernelLogFile.FindProblem(node.Files.Locate(path)) is not { } problem
            ? Finding.Pass($"{path} can be read")
            : Finding.Warn(
                $"{path} cannot be read: {problem}",
                "Let the agent run as root or with CAP_SYSLOG and see the device: XIDs from before the plugin's start are lost.");
    }
}
