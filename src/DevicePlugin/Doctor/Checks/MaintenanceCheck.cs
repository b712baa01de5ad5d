using DevicePlugin.Hardware.State;

namespace DevicePlugin.Doctor.Checks;

/// <summary>A file that somebody left takes all GPUs out of service.</summary>
internal sealed class MaintenanceCheck() : Check("maintenance")
{
    protected override Finding Look(Examination node)
    {
        var path = node.Config.MaintenanceFile;
        return new MaintenanceFile(node.Files.Locate(path)).Read() is { } text
            ? Finding.Warn(
                $"{path} exists{(text.Length > 0 ? $" and says: {text}" : "")}",
                "Remove it when the work on the driver is done: until then no GPU is offered.")
            : Finding.Pass($"{path} does not exist");
    }
}
