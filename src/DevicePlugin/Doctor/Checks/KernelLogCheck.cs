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
                "Run the agent as root or with CAP_SYSLOG, with access to the device: otherwise XIDs from before the start are lost.");
    }
}
