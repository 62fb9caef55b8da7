// The countries of ISO 3166-1 by the United Nations' regions (M49), and where a region stands
// on a map of tiles: its label's column and row, and how many tiles stand side by side.
export interface Region {
  name: string;
  x: number;
  y: number;
  width: number;
  countries: string[];
}

const region = (name: string, x: number, y: number, width: number, countries: string): Region => ({ name, x, y, width, countries: countries.split(" ") });

export const REGIONS: Region[] = [
  region("Northern America", 0, 0, 5, "BM CA GL PM US"),
  region("Central America", 0, 3, 4, "BZ CR GT HN MX NI PA SV"),
  region("Caribbean", 6, 3, 7, "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI"),
  region("South America", 3, 9, 4, "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE"),
  region("Antarctica", 3, 15, 4, "AQ"),
  region("Northern Europe", 15, 0, 8, "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ"),
  region("Western Europe", 15, 3, 5, "AT BE CH DE FR LI LU MC NL"),
  region("Eastern Europe", 21, 3, 5, "BG BY CZ HU MD PL RO RU SK UA"),
  region("Southern Europe", 15, 6, 8, "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA"),
  region("Northern Africa", 15, 9, 7, "DZ EG EH LY MA SD TN"),
  region("Western Africa", 15, 11, 5, "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG"),
  region("Middle Africa", 21, 11, 3, "AO CD CF CG CM GA GQ ST TD"),
  region("Eastern Africa", 25, 11, 5, "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW"),
  region("Southern Africa", 19, 16, 5, "BW LS NA SZ ZA"),
  region("Central Asia", 28, 0, 5, "KG KZ TJ TM UZ"),
  region("Western Asia", 28, 3, 5, "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE"),
  region("Eastern Asia", 35, 0, 4, "CN HK JP KP KR MN MO TW"),
  region("Southern Asia", 35, 3, 5, "AF BD BT IN IR LK MV NP PK"),
  region("South-eastern Asia", 35, 6, 5, "BN ID KH LA MM MY PH SG TH TL VN"),
  region("Micronesia", 32, 11, 4, "FM GU KI MH MP NR PW UM"),
  region("Melanesia", 37, 11, 3, "FJ NC PG SB VU"),
  region("Australia, New Zealand", 32, 14, 3, "AU CC CX HM NF NZ"),
  region("Polynesia", 37, 14, 4, "AS CK NU PF PN TK TO TV WF WS"),
];

export const COLUMNS = 41;
export const ROWS = 18;

const names = new Intl.DisplayNames(["en"], { type: "region" });
export function countryName(code: string): string {
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}
