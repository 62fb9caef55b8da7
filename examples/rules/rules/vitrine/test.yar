/* Two rules of Vitrine's own, against files that are made for the purpose and harmless. */

rule Vitrine_Test_Threat
{
    meta:
        author = "Vitrine"
        description = "A marker that no real file holds, to try the whole way from rule to verdict."
    strings:
        $marker = "VITRINE-TEST-THREAT-7d2c1f"
    condition:
        $marker
}

rule Vitrine_Test_Dropper
{
    meta:
        author = "Vitrine"
        description = "Asks for the file, not only for its detection: needs its own authorisation."
        collects = true
    strings:
        $marker = "VITRINE-TEST-DROPPER-91ab40"
        $header = { 7F 45 4C 46 }
    condition:
        $header at 0 and $marker
}
