using static DevicePlugin.Comparison.ReportPlace;
using static DevicePlugin.Comparison.SmiValue;

namespace DevicePlugin.Comparison;

/// <summary>
/// Every field of nvidia-smi that the plugin reports too. The tests compare recorded outputs of physical nodes by it, and
/// <c>doctor --compare-with-nvidia-smi</c> a node as it is. What nvidia-smi does not print in XML (cores, SMs, NVLinks, CUDA's
/// figures) is not here.
/// </summary>
internal static class ComparedFields
{
    public static readonly IReadOnlyList<ComparedField> All =
    [
        // The node.
        new("/driver_version", Driver("version"), Text),
        new("/driver_version", Attribute("driver_version"), Text),
        new("/cuda_version", Driver("cuda"), Text),
        new("/cuda_version", Attribute("cuda_version"), Text),
        new("/cuda_version", Attribute("cuda_version_major"), Major),
        new("/cuda_version", Attribute("cuda_version_minor"), Minor),
        new("/attached_gpus", GpuCount, Text),

        // Identity.
        new("uuid", DeviceId, Text),
        new("pci/pci_bus_id", DevicePci, PciBusId),
        new("product_name", GroupName, Text),
        new("product_brand", Attribute("brand"), Word),
        new("product_architecture", Attribute("architecture"), FirstWord),
        new("vbios_version", Attribute("vbios_version"), Text),
        new("board_part_number", Attribute("board_part_number"), Text),
        new("gsp_firmware_version", Attribute("gsp_firmware_version"), Text),

        // Modes. Where the display mode is deprecated, the plugin says whether one is active.
        new("display_mode", Attribute("display_state"), DisplayState),
        new("persistence_mode", Attribute("persistence_mode"), Text),
        new("addressing_mode", Attribute("addressing_mode"), Word),
        new("gpu_virtualization_mode/virtualization_mode", Attribute("virtualization_mode"), Word),
        new("compute_mode", Attribute("compute_mode"), Word),
        new("mig_mode/current_mig", Attribute("mig_mode"), Text),
        new("ecc_mode/current_ecc", Attribute("ecc_mode"), Text),
        // A GPU may be unhealthy for what nvidia-smi does not look at.
        new("gpu_recovery_action", Statistic("Health/State"), HealthState) { Neutral = Healthy },

        // Memory.
        new("fb_memory_usage/total", Attribute("memory"), Number) { Slack = 1 },
        new("fb_memory_usage/total", Total("Memory state"), Number) { Slack = 1 },
        Moving("fb_memory_usage/used", Statistic("Memory state"), Number, 64),
        Moving("fb_memory_usage/reserved", Statistic("Memory/Reserved"), Number, 64),
        Moving("fb_memory_usage/free", Statistic("Memory/Free"), Number, 64),
        new("bar1_memory_usage/total", Attribute("bar1"), Number) { Slack = 1 },
        new("bar1_memory_usage/total", Total("BAR1 buffer state"), Number) { Slack = 1 },
        Moving("bar1_memory_usage/used", Statistic("BAR1 buffer state"), Number, 64),

        // Power. NVML's draw is the mean of a second where the board has one.
        Moving("gpu_power_readings|power_readings", Statistic("Power usage"), PowerDraw, 50),
        new("gpu_power_readings/current_power_limit|power_readings/enforced_power_limit", Total("Power usage"), Number) { Slack = 1 },
        new("gpu_power_readings/requested_power_limit|power_readings/power_limit", Attribute("power"), Number) { Slack = 1 },
        new("gpu_power_readings/default_power_limit|power_readings/default_power_limit", Attribute("power_default"), Number) { Slack = 1 },
        new("gpu_power_readings/min_power_limit|power_readings/min_power_limit", Attribute("power_min"), Number) { Slack = 1 },
        new("gpu_power_readings/max_power_limit|power_readings/max_power_limit", Attribute("power_max"), Number) { Slack = 1 },

        // Clocks.
        Moving("clocks/graphics_clock", Statistic("Clocks/Graphics"), Number, 150),
        Moving("clocks/sm_clock", Statistic("Clocks/SM"), Number, 150),
        Moving("clocks/mem_clock", Statistic("Clocks/Memory"), Number, 150),
        Moving("clocks/video_clock", Statistic("Clocks/Video"), Number, 150),
        new("max_clocks/graphics_clock", Total("Clocks/Graphics"), Number),
        new("max_clocks/sm_clock", Total("Clocks/SM"), Number),
        new("max_clocks/mem_clock", Total("Clocks/Memory"), Number),
        new("max_clocks/video_clock", Total("Clocks/Video"), Number),
        new("max_clocks/graphics_clock", Attribute("cores_clock"), Number),
        new("max_clocks/sm_clock", Attribute("sm_clock"), Number),
        new("max_clocks/mem_clock", Attribute("memory_clock"), Number),
        new("max_clocks/video_clock", Attribute("video_clock"), Number),
        Moving("performance_state", Statistic("Clocks/Performance state"), Text, 0),
        Moving("clocks_event_reasons|clocks_throttle_reasons", Statistic("Clocks/Event reasons"), ActiveReasons, 0),

        // Temperatures.
        Moving("temperature/gpu_temp", Statistic("Temperature"), Number, 4),
        Moving("temperature/memory_temp", Statistic("Thermal/Memory temperature"), Number, 4),
        Moving("temperature/gpu_temp_tlimit", Statistic("Thermal/Margin"), Number, 4),
        Moving("fan_speed", Statistic("Thermal/Fan speed"), Number, 10),

        // PCIe.
        new("pci/pci_gpu_link_info/pcie_gen/max_link_gen", Attribute("pcie_generation"), Number),
        new("pci/pci_gpu_link_info/pcie_gen/max_link_gen", Total("PCIe/Generation"), Number),
        Moving("pci/pci_gpu_link_info/pcie_gen/current_link_gen", Statistic("PCIe/Generation"), Number, 0),
        new("pci/pci_gpu_link_info/link_widths/max_link_width", Attribute("pcie_width"), Number),
        new("pci/pci_gpu_link_info/link_widths/max_link_width", Total("PCIe/Width"), Number),
        Moving("pci/pci_gpu_link_info/link_widths/current_link_width", Statistic("PCIe/Width"), Number, 0),
        new("pci/pci_gpu_link_info", Attribute("pci_bandwidth"), Bandwidth),
        Moving("pci/replay_counter", Statistic("PCIe/Replays"), Number, 0),

        // Utilization.
        Moving("utilization/gpu_util", Statistic("GPU utilization"), Number, 25),
        Moving("utilization/memory_util", Statistic("Memory utilization"), Number, 25),
        Moving("utilization/encoder_util", Statistic("Encoder utilization"), Number, 25),
        Moving("utilization/decoder_util", Statistic("Decoder utilization"), Number, 25),
        Moving("utilization/jpeg_util", Statistic("Engines/JPEG utilization"), Number, 25),
        Moving("utilization/ofa_util", Statistic("Engines/OFA utilization"), Number, 25),

        // Error correction.
        Moving("ecc_errors/volatile/dram_correctable", Statistic("ECC memory errors"), Number, 0),
        Moving("ecc_errors/volatile", Statistic("ECC/Corrected volatile"), Sum("_correctable"), 0),
        Moving("ecc_errors/aggregate", Statistic("ECC/Corrected aggregate"), Sum("_correctable"), 0),
        Moving("ecc_errors/volatile", Statistic("ECC/Uncorrected volatile"), Sum("_uncorrectable"), 0),
        Moving("ecc_errors/aggregate", Statistic("ECC/Uncorrected aggregate"), Sum("_uncorrectable"), 0),
        new("remapped_rows/remapped_row_corr", Statistic("Row remap/Corrected"), Number),
        new("remapped_rows/remapped_row_unc", Statistic("Row remap/Uncorrected"), Number),
        new("remapped_rows/remapped_row_pending", Statistic("Row remap/Pending"), Flag),
        new("remapped_rows/remapped_row_failure", Statistic("Row remap/Failed"), Flag),
        new("remapped_rows/row_remapper_histogram/row_remapper_histogram_none",
            Statistic("Row remap/Banks exhausted"), Number),
        new("retired_pages/multiple_single_bit_retirement/retired_count",
            Statistic("Retired pages/Single bit"), Number),
        new("retired_pages/double_bit_retirement/retired_count", Statistic("Retired pages/Double bit"), Number),
        new("retired_pages/pending_retirement", Statistic("Retired pages/Pending"), Flag),

        // Fabric and processes.
        new("fabric/clusterUuid", Attribute("fabric_cluster_uuid"), Text),
        new("fabric/cliqueId", Attribute("fabric_clique_id"), Number),
        Moving("processes", Statistic("Processes/Compute"), Processes('C'), 0),
        Moving("processes", Statistic("Processes/Graphics"), Processes('G'), 0),
    ];

    private static ComparedField Moving(string path, ReportPlace place, Func<SmiElement, string?> convert, int slack) =>
        new(path, place, convert) { Moves = true, Slack = slack };
}
