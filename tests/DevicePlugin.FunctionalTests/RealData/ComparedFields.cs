using System.Collections.Immutable;
using static DevicePlugin.FunctionalTests.RealData.ReportPlace;
using static DevicePlugin.FunctionalTests.RealData.SmiValue;

namespace DevicePlugin.FunctionalTests.RealData;

/// <summary>
/// Every field of a capture that the plugin reports too. What a capture has and the plugin does not report is not here;
/// what the plugin reports and no capture has (cores, SMs, NVLinks, CUDA's figures) is compared between the two fakes.
/// </summary>
internal static class ComparedFields
{
    public static readonly ImmutableArray<ComparedField> All =
    [
        // The node.
        new("/nvidia_smi_log/driver_version", Driver("version"), Text),
        new("/nvidia_smi_log/driver_version", Attribute("driver_version"), Text),
        new("/nvidia_smi_log/cuda_version", Driver("cuda"), Text),
        new("/nvidia_smi_log/cuda_version", Attribute("cuda_version"), Text),
        new("/nvidia_smi_log/cuda_version", Attribute("cuda_version_major"), Major),
        new("/nvidia_smi_log/cuda_version", Attribute("cuda_version_minor"), Minor),
        new("/nvidia_smi_log/attached_gpus", DeviceCount, Text),

        // Identity.
        new("uuid", DeviceId, Text),
        new("pci/pci_bus_id", DevicePci, PciBusId),
        new("product_name", GroupName, Text),
        new("product_brand", Attribute("brand"), Word),
        new("product_architecture", Attribute("architecture"), FirstWord),
        new("vbios_version", Attribute("vbios_version"), Text),
        new("board_part_number", Attribute("board_part_number"), Text),
        new("gsp_firmware_version", Attribute("gsp_firmware"), Text),

        // Modes. Where the display mode is deprecated, the plugin says whether one is active.
        new("display_mode[. = 'Enabled' or . = 'Disabled'] | display_active[starts-with(../display_mode, 'Requested')]",
            Attribute("display_state"), Text),
        new("persistence_mode", Attribute("persistence_mode"), Text),
        new("addressing_mode", Attribute("addressing_mode"), Word),
        new("gpu_virtualization_mode/virtualization_mode", Attribute("virtualization"), Word),
        new("compute_mode", Attribute("compute_mode"), Word),
        new("mig_mode/current_mig", Attribute("mig_mode"), Text),
        new("ecc_mode/current_ecc", Attribute("ecc_mode"), Text),
        new("gpu_recovery_action", Statistic("Health/State"), HealthState),

        // Memory.
        new("fb_memory_usage/total", Attribute("memory"), Number),
        new("fb_memory_usage/total", Total("Memory state"), Number),
        new("fb_memory_usage/used", Statistic("Memory state"), Number),
        new("fb_memory_usage/reserved", Statistic("Memory/Reserved"), Number),
        new("fb_memory_usage/free", Statistic("Memory/Free"), Number),
        new("bar1_memory_usage/total", Attribute("bar1"), Number),
        new("bar1_memory_usage/total", Total("BAR1 buffer state"), Number),
        new("bar1_memory_usage/used", Statistic("BAR1 buffer state"), Number),

        // Power. NVML's draw is the mean of a second where the board has one.
        new("gpu_power_readings/*[self::average_power_draw[. != 'N/A'] or "
            + "self::instant_power_draw[../average_power_draw = 'N/A']]", Statistic("Power usage"), Number),
        new("gpu_power_readings/current_power_limit", Total("Power usage"), Number),
        new("gpu_power_readings/requested_power_limit", Attribute("power"), Number),
        new("gpu_power_readings/default_power_limit", Attribute("power_default"), Number),
        new("gpu_power_readings/min_power_limit", Attribute("power_min"), Number),
        new("gpu_power_readings/max_power_limit", Attribute("power_max"), Number),

        // Clocks.
        new("clocks/graphics_clock", Statistic("Clocks/Graphics"), Number),
        new("clocks/sm_clock", Statistic("Clocks/SM"), Number),
        new("clocks/mem_clock", Statistic("Clocks/Memory"), Number),
        new("clocks/video_clock", Statistic("Clocks/Video"), Number),
        new("max_clocks/graphics_clock", Total("Clocks/Graphics"), Number),
        new("max_clocks/sm_clock", Total("Clocks/SM"), Number),
        new("max_clocks/mem_clock", Total("Clocks/Memory"), Number),
        new("max_clocks/video_clock", Total("Clocks/Video"), Number),
        new("max_clocks/graphics_clock", Attribute("cores_clock"), Number),
        new("max_clocks/sm_clock", Attribute("sm_clock"), Number),
        new("max_clocks/mem_clock", Attribute("memory_clock"), Number),
        new("max_clocks/video_clock", Attribute("video_clock"), Number),
        new("performance_state", Statistic("Clocks/Performance state"), Text),
        new("clocks_event_reasons", Statistic("Clocks/Held down by"), ActiveReasons),

        // Temperatures.
        new("temperature/gpu_temp", Statistic("Temperature"), Number),
        new("temperature/memory_temp", Statistic("Thermal/Memory temperature"), Number),
        new("temperature/gpu_temp_tlimit", Statistic("Thermal/Margin"), Number),
        new("fan_speed", Statistic("Thermal/Fan speed"), Number),

        // PCIe.
        new("pci/pci_gpu_link_info/pcie_gen/max_link_gen", Attribute("pcie_generation"), Number),
        new("pci/pci_gpu_link_info/pcie_gen/max_link_gen", Total("PCIe/Generation"), Number),
        new("pci/pci_gpu_link_info/pcie_gen/current_link_gen", Statistic("PCIe/Generation"), Number),
        new("pci/pci_gpu_link_info/link_widths/max_link_width", Attribute("pcie_width"), Number),
        new("pci/pci_gpu_link_info/link_widths/max_link_width", Total("PCIe/Width"), Number),
        new("pci/pci_gpu_link_info/link_widths/current_link_width", Statistic("PCIe/Width"), Number),
        new("pci/pci_gpu_link_info", Attribute("pci_bandwidth"), Bandwidth),
        new("pci/replay_counter", Statistic("PCIe/Replays"), Number),

        // Utilization.
        new("utilization/gpu_util", Statistic("GPU utilization"), Number),
        new("utilization/memory_util", Statistic("Memory utilization"), Number),
        new("utilization/encoder_util", Statistic("Encoder utilization"), Number),
        new("utilization/decoder_util", Statistic("Decoder utilization"), Number),
        new("utilization/jpeg_util", Statistic("Engines/JPEG utilization"), Number),
        new("utilization/ofa_util", Statistic("Engines/OFA utilization"), Number),

        // Error correction.
        new("ecc_errors/volatile/dram_correctable", Statistic("ECC memory errors"), Number),
        new("ecc_errors/volatile", Statistic("ECC/Corrected volatile"), Sum("_correctable")),
        new("ecc_errors/aggregate", Statistic("ECC/Corrected aggregate"), Sum("_correctable")),
        new("ecc_errors/volatile", Statistic("ECC/Uncorrected volatile"), Sum("_uncorrectable")),
        new("ecc_errors/aggregate", Statistic("ECC/Uncorrected aggregate"), Sum("_uncorrectable")),
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
        new("fabric/clusterUuid", Attribute("fabric_cluster"), Text),
        new("fabric/cliqueId", Attribute("fabric_clique"), Number),
        new("processes", Statistic("Processes/Compute"), Processes('C')),
        new("processes", Statistic("Processes/Graphics"), Processes('G')),
    ];
}
