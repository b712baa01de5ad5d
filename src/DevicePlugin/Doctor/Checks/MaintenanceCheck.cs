using DevicePlugin.Hardware.State;
using Microsoft.Extensions.Logging.Abstractions;

namespace DevicePlugin.Doctor.Checks;

/// <summary>A file that somebody left takes all GPUs out of service.</summary>
internal sealed class MaintenanceCheck() : Check("maintenance")
{
    protected override Finding Look(Examination node)
    {
        var path = node.Config.MaintenanceFile;
        return Find(node, path)
            ?? (node.Config.FormerMaintenanceFile is { } former ? Find(node, former) : null)
            ?? Finding.Pass($"{path} does not exist");
    }

    private static Finding? Find(Examination node, string path)
    {
        var file = new MaintenanceFile(node.Files.Locate(path), formerPath: null, NullLogger.Instance);
        return file.Read() is { Reason: var text }
            ? Finding.Warn(
                $"{path} exists{(text.Length > 0 ? $" and says: {text}" : "")}",
                "Remove it when the work on the driver is done: until then no GPU is offered.")
            : null;
    }
}
