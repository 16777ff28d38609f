//! The words of the site, English and Dutch side by side. A text that is missing in one language
//! does not compile.

use model::{Language, Unit};

macro_rules! texts {
    ($($name:ident: $en:expr, $nl:expr;)*) => {
        /// All texts in one language.
        #[derive(Debug)]
        pub(crate) struct Texts { $(pub(crate) $name: &'static str,)* }
        static EN: Texts = Texts { $($name: $en,)* };
        static NL: Texts = Texts { $($name: $nl,)* };
        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $nl),)*];
    };
}

texts! {
    // The frame of every page.
    skip: "Skip to the content", "Naar de inhoud";
    menu: "Pages", "Pagina's";
    edition: "Edition {edition}, figures as of {date}", "Editie {edition}, cijfers van {date}";
    made: "Made with zicht {version} from {publisher}. Licence of the data: {licence}.", "Gemaakt met zicht {version} door {publisher}. Licentie van de gegevens: {licence}.";
    questions: "Questions", "Vragen";
    sources_line: "Source", "Bron";
    method_line: "Method", "Methode";
    data_line: "Data", "Gegevens";
    choose: "Choose a language", "Kies een taal";

    // Names of pages.
    overview: "Overview", "Overzicht";
    victims: "Detected victims", "Gemelde slachtoffers";
    hidden: "Hidden victims", "Verborgen slachtoffers";
    visibility: "Visibility by group", "Zichtbaarheid per groep";
    trends: "Trends", "Ontwikkeling";
    methods: "Methods", "Methoden";
    sources: "Sources", "Bronnen";
    downloads: "Downloads", "Downloads";
    about: "About", "Over deze uitgave";
    young: "For young people", "Voor jongeren";
    regions: "Regions", "Regio's";
    regions_lead: "What the tables say of each region, in the latest period.", "Wat de tabellen van elke regio zeggen, in de laatste periode.";
    regions_region: "Region", "Regio";
    regions_not_everywhere: "Not every table has every region, and not every region has a figure in the latest period: its own page has those before.", "Niet elke tabel heeft elke regio, en niet elke regio heeft een cijfer in de laatste periode: de eigen pagina heeft die van daarvoor.";
    regions_all: "All regions", "Alle regio's";
    regions_page_lead: "What the tables of this release say of this region.", "Wat de tabellen van deze uitgave over deze regio zeggen.";
    regions_table: "The whole table", "De hele tabel";
    regions_more: "More tables with this region", "Meer tabellen met deze regio";
    regions_why_head: "What is said here, and why not more", "Wat hier staat, en waarom niet meer";
    regions_why: "Of {all} figures about {region}, {hidden} are hidden. Counts below {threshold} could point to a person, most of all in a small place, and others are hidden so that nobody can work them out. A hidden figure is not zero.", "Van {all} cijfers over {region} zijn er {hidden} verborgen. Aantallen onder {threshold} zouden naar een persoon kunnen wijzen, vooral in een kleine plaats, en andere zijn verborgen zodat niemand ze kan afleiden. Een verborgen cijfer is geen nul.";
    regions_by: "Figures by region are told apart by {dimensions}. More detail at once would hide more of them.", "Cijfers per regio zijn uitgesplitst naar {dimensions}. Meer detail tegelijk zou er meer verbergen.";
    changes: "What changed", "Wat er veranderd is";
    access: "Accessibility", "Toegankelijkheid";

    // The own view of a table, made by a script.
    explore: "Your own view", "Eigen weergave";
    explore_why: "Choose what goes down and across, which year or group, counts, shares or rates. The address keeps your view, and you can take it with you as a table or a picture.", "Kies wat er in de rijen en kolommen staat, welk jaar of welke groep, en aantallen, aandelen of cijfers per inwoner. Het adres bewaart uw weergave, en u kunt die meenemen als tabel of plaatje.";
    explore_start: "Make your own view of this table", "Maak een eigen weergave van deze tabel";
    explore_counts: "Counts", "Aantallen";
    explore_shares: "Shares of the total (%)", "Aandelen van het totaal (%)";
    explore_rates: "Per {per} inhabitants", "Per {per} inwoners";
    explore_both: "{a} and {b}", "{a} en {b}";
    explore_titled: "{title}: {by}", "{title}: {by}";
    explore_desc: "The table below has all figures of this chart.", "De tabel hieronder heeft alle cijfers van deze grafiek.";
    explore_copied: "Copied.", "Gekopieerd.";
    explore_marked: "The text is marked: copy it with Ctrl+C.", "De tekst is gemarkeerd: kopieer met Ctrl+C.";
    explore_too_many: "No more than {n} at once.", "Niet meer dan {n} tegelijk.";
    explore_one: "Choose one at least.", "Kies er ten minste een.";
    explore_choose: "Choose {dimension}: {n} of {all}", "Kies {dimension}: {n} van {all}";
    explore_text: "Text to copy", "Tekst om te kopiëren";
    explore_link: "Copy the address", "Kopieer het adres";
    explore_cite: "Copy a citation", "Kopieer een verwijzing";
    explore_rows: "Down", "In de rijen";
    explore_columns: "Across", "In de kolommen";
    explore_nothing: "Nothing", "Niets";
    explore_as: "Shown as", "Getoond als";
    explore_some: "The chart shows the first of them; the table has more, and the file all that was chosen.", "De grafiek toont de eerste; de tabel heeft er meer, en het bestand alles wat gekozen is.";
    explore_keep: "Take this view with you:", "Neem deze weergave mee:";
    explore_now: "Now shown: {title}", "Nu te zien: {title}";
    explore_not_there: "The figures could not be read. They are in the files at the end of this page.", "De cijfers konden niet worden gelezen. Ze staan in de bestanden onderaan deze pagina.";
    cite: "Cite as", "Verwijs zo";
    cite_text: "{publisher}, {monitor}, edition {edition}: {table}. Figures as of {date}; zicht {version}.", "{publisher}, {monitor}, editie {edition}: {table}. Cijfers van {date}; zicht {version}.";

    // The quality of the release, in the order of the Code of Practice.
    quality: "Quality", "Kwaliteit";
    quality_lead: "What can be said for and against these figures, in the order of the European Statistics Code of Practice.", "Wat er voor en tegen deze cijfers te zeggen is, in de volgorde van de Praktijkcode Europese statistieken.";
    q_confidentiality: "Confidentiality (principle 5)", "Vertrouwelijkheid (beginsel 5)";
    q_hidden: "Of {cells} cells in all tables {hidden} are hidden ({share}).", "Van {cells} cellen in alle tabellen zijn er {hidden} verborgen ({share}).";
    q_methodology: "Sound methodology and procedures (principles 7 and 8)", "Deugdelijke methodologie en procedures (beginselen 7 en 8)";
    q_methods: "The methods are those of the literature. Their formulas, their sources and how they were checked are in the book of the program; the same inputs and settings give the same figures, to the last byte.", "De methoden zijn die van de literatuur. Hun formules, hun bronnen en hoe ze zijn gecontroleerd staan in het boek van het programma; dezelfde invoer en instellingen geven dezelfde cijfers, tot op de laatste byte.";
    q_burden: "Burden and costs (principles 9 and 10)", "Lasten en kosten (beginselen 9 en 10)";
    q_sources: "The figures are made from {n} sources that their holders keep already. For this release nobody was asked anything anew.", "De cijfers zijn gemaakt uit {n} bronnen die hun houders al bijhouden. Voor deze uitgave is niemand opnieuw iets gevraagd.";
    q_relevance: "Relevance (principle 11)", "Relevantie (beginsel 11)";
    q_relevance_table: "What is counted", "Wat er is geteld";
    q_accuracy: "Accuracy and reliability (principle 12)", "Nauwkeurigheid en betrouwbaarheid (beginsel 12)";
    q_intervals: "Counts are counts of what was reported, not of what happened. Where chance plays a part the pages give {level} intervals.", "Aantallen zijn aantallen van wat is gemeld, niet van wat is gebeurd. Waar toeval meespeelt geven de pagina's {level}-intervallen.";
    q_rows: "Rows of the sources", "Rijen van de bronnen";
    q_rows_in: "Read", "Gelezen";
    q_rows_used: "Used", "Gebruikt";
    q_rows_apart: "Set aside", "Apart gezet";
    q_unknown_table: "What is not known of those who were counted", "Wat niet bekend is van wie is geteld";
    q_of: "Of", "Van";
    q_period: "Period", "Periode";
    q_unknown: "Share unknown", "Aandeel onbekend";
    q_reporting: "Changes in the reports of one organisation that the others did not show: {n}.", "Veranderingen in de meldingen van één organisatie die de andere niet lieten zien: {n}.";
    q_timeliness: "Timeliness and punctuality (principle 13)", "Tijdigheid en stiptheid (beginsel 13)";
    q_timeliness_table: "Months between the last period and this release", "Maanden tussen de laatste periode en deze uitgave";
    q_last: "Last period", "Laatste periode";
    q_months: "Months", "Maanden";
    q_coherence: "Coherence and comparability (principle 14)", "Samenhang en vergelijkbaarheid (beginsel 14)";
    q_breaks: "Across a break, figures before and after are not of the same kind: something in the counting, or in what is counted, became another.", "Over een breuk heen zijn cijfers ervoor en erna niet van dezelfde soort: iets in het tellen, of in wat geteld wordt, is anders geworden.";
    q_series: "Series", "Reeks";
    q_fell: "Of {n} organisations the reports fell alone. Figures of those periods are not comparable with those before.", "Van {n} organisaties daalden de meldingen als enige. Cijfers van die perioden zijn niet vergelijkbaar met die ervoor.";
    q_side_by_side: "Figures of the same thing by different sources, or editions, stand side by side with the sources.", "Cijfers over hetzelfde van verschillende bronnen of edities staan naast elkaar bij de bronnen.";
    q_accessibility: "Accessibility and clarity (principle 15)", "Toegankelijkheid en duidelijkheid (beginsel 15)";
    q_formats: "Formats", "Formaten";
    q_languages: "Languages", "Talen";
    q_machine: "Every figure has a definition, a source and a hash of that source; manifest.json of the release has them for programs.", "Elk cijfer heeft een definitie, een bron en een hash van die bron; manifest.json van de uitgave heeft ze voor programma's.";
    q_revisions: "Revisions", "Herzieningen";
    q_policy: "A published figure is not changed in silence: a release is compared with the one before it, and each figure that became another is listed with both values.", "Een gepubliceerd cijfer wordt niet stilzwijgend veranderd: een uitgave wordt vergeleken met de vorige, en elk cijfer dat anders werd staat in een lijst met beide waarden.";
    q_first: "This release was compared with no earlier one.", "Deze uitgave is met geen eerdere vergeleken.";
    q_before: "This release was compared with edition {edition}.", "Deze uitgave is vergeleken met editie {edition}.";

    // The report to print.
    print_contents: "Contents", "Inhoud";
    print_continued: "continued", "vervolg";
    print_figure: "Figure", "Figuur";
    print_table: "Table", "Tabel";
    print_page: "{page} of {pages}", "{page} van {pages}";
    print_link: "This release to print (PDF)", "Deze uitgave om af te drukken (PDF)";

    // The map of regions.
    map_rates: "{title}, per {per} inhabitants", "{title}, per {per} inwoners";
    map_between: "{from} to below {to}", "{from} tot {to}";
    map_all: "all regions", "alle regio's";
    map_desc: "A map of {n} regions, darker where the figure is higher. The table below has the figures.", "Een kaart van {n} regio's, donkerder waar het cijfer hoger is. De tabel hieronder heeft de cijfers.";
    map_missing: "Not on the map: {regions}.", "Niet op de kaart: {regions}.";

    // The page for young people: short sentences, common words.
    young_lead: "You are young and you want to know what exploitation is. This page is for you.", "Je bent jong en wilt weten wat uitbuiting is. Deze pagina is voor jou.";
    young_exit: "Leave this page now", "Ga nu weg van deze pagina";
    young_what_head: "What is exploitation?", "Wat is uitbuiting?";
    young_what_1: "Exploitation means that someone uses you to get money. You must do things that you do not want to do. It can be sex or work. It can be begging. It can also be crime, such as selling drugs or lending your bank card.", "Uitbuiting is dat iemand jou gebruikt om geld te krijgen. Je moet dingen doen die je niet wilt. Dat kan seks zijn of werk. Het kan ook bedelen zijn. Of iets dat niet mag, zoals drugs verkopen of je bankpas uitlenen.";
    young_what_2: "It is not your fault. Maybe you said yes at first. Maybe you love the one who does it. It is still not allowed. You may always say no, and you may always ask for help.", "Het is niet jouw schuld. Misschien zei je eerst ja. Misschien hou je van wie het doet. Toch mag het niet. Je mag altijd nee zeggen. En je mag altijd om hulp vragen.";
    young_how_head: "How does it start?", "Hoe begint het?";
    young_how_1: "It often starts on your phone. Someone is nice to you in an app or in a game. You get a lot of time and kind words. You get gifts. Or you can get rich with an easy job.", "Het begint vaak op je telefoon. Iemand is aardig tegen je in een app of in een spel. Je krijgt veel aandacht. Je krijgt cadeaus. Of je kunt veel geld krijgen voor makkelijk werk.";
    young_how_2: "Later you must do something back. They say that you owe them money. Or they have a photo of you, and they say that all your friends will see it. That is how they keep you.", "Later moet je iets terugdoen. Ze zeggen dat je geld moet betalen. Of ze hebben een foto van jou. Ze zeggen dat al je vrienden die gaan zien. Zo houden ze je vast.";
    young_signs_head: "What can you look out for?", "Waar kun je op letten?";
    young_sign_1: "You only know someone from your phone. Now you must come alone.", "Je kent iemand alleen van je telefoon. Nu moet je alleen komen.";
    young_sign_2: "You get big gifts and you do not know why.", "Je krijgt dure cadeaus en je weet niet waarom.";
    young_sign_3: "Someone asks for your bank card, your code or your passport.", "Iemand vraagt om je bankpas, je code of je paspoort.";
    young_sign_4: "You may not talk to your friends or to your family.", "Je mag niet meer praten met je vrienden of met thuis.";
    young_sign_5: "You are afraid of what will happen when you say no.", "Je bent bang voor wat er gebeurt als je nee zegt.";
    young_help_head: "Who can help you?", "Wie kan je helpen?";
    young_help_text: "You can talk to these people. Ask them what they do with what you tell.", "Met deze mensen kun je praten. Vraag wat ze doen met wat jij vertelt.";
    young_call: "call {phone}", "bel {phone}";
    young_figures_head: "What do the figures say?", "Wat zeggen de cijfers?";
    young_figure: "In {year}, {total} people were reported. Of them, {count} were in this group: {group}.", "In {year} zijn {total} mensen gemeld. Van hen waren er {count} in deze groep: {group}.";
    young_more: "Many people are never seen. So there are more than these.", "Veel mensen worden nooit gezien. Er zijn er dus meer dan deze.";
    young_table: "See the whole table", "Bekijk de hele tabel";
    young_leave_head: "Leave this page fast", "Snel weg van deze pagina";
    young_leave_text: "The button at the top opens another site. You can also press the key Esc two times. This page is then not in the list of the Back button. Pages that you saw before it still are. So you can also clear your history.", "De knop bovenaan opent een andere site. Je kunt ook twee keer op de toets Esc drukken. Deze pagina staat dan niet meer achter de knop Terug. Pagina's die je ervoor zag wel. Wis dus ook je geschiedenis.";

    // What changed.
    changes_lead: "What is new, what is gone and what was corrected since the release before this one.", "Wat nieuw is, wat weg is en wat verbeterd is sinds de vorige uitgave.";
    changes_text: "Compared with edition {edition}, figures as of {date}.", "Vergeleken met editie {edition}, cijfers van {date}.";
    changes_said: "Figures compared with edition {edition}: {more} new, {corrected} changed, {hidden} hidden now, {gone} gone.", "Cijfers vergeleken met editie {edition}: {more} nieuw, {corrected} veranderd, {hidden} nu verborgen, {gone} weg.";
    changes_headline: "{title}, {period}: {new} now, where edition {edition} had {old} ({change}).", "{title}, {period}: nu {new}, waar editie {edition} {old} had ({change}).";
    changes_link: "Each figure that changed", "Elk cijfer dat veranderd is";
    changes_tables: "Figures of each table", "Cijfers per tabel";
    changes_more: "New", "Nieuw";
    changes_gone: "Gone", "Weg";
    changes_corrected: "Changed", "Veranderd";
    changes_hidden: "Hidden now", "Nu verborgen";
    changes_corrections: "Figures that changed", "Cijfers die veranderd zijn";
    changes_corrections_text: "Each figure that both releases have and that is not the same. Hidden means that a figure was not published. Figures that are hidden now are only counted above: what they were is not said again.", "Elk cijfer dat in beide uitgaven staat en niet hetzelfde is. Verborgen betekent dat een cijfer niet gepubliceerd was. Cijfers die nu verborgen zijn worden hierboven alleen geteld: wat ze waren wordt niet nog eens gezegd.";
    changes_none: "No figure that both releases have changed.", "Geen cijfer dat in beide uitgaven staat is veranderd.";
    changes_some: "And {n} more: they are in the file below.", "En nog {n}: ze staan in het bestand hieronder.";
    changes_before: "Before", "Eerst";
    changes_now: "Now", "Nu";
    changes_new: "New tables", "Nieuwe tabellen";
    changes_gone_tables: "Tables that are gone", "Tabellen die weg zijn";
    changes_file: "All changed figures (CSV)", "Alle veranderde cijfers (CSV)";

    // Accessibility.
    access_lead: "How this site is made to be used by everybody, how that is tested, and what to do when it fails.", "Hoe deze site voor iedereen bruikbaar is gemaakt, hoe dat getest is, en wat u kunt doen als het niet lukt.";
    access_promise: "{publisher} wants everybody to be able to use this site. It is made to meet the Web Content Accessibility Guidelines 2.1, level AA.", "{publisher} wil dat iedereen deze site kan gebruiken. Zij is gemaakt volgens de Richtlijnen voor toegankelijkheid van webcontent 2.1, niveau AA.";
    access_how_head: "What was done for it", "Wat daarvoor gedaan is";
    access_how_1: "Every page can be read without script, without colour and without a mouse.", "Elke pagina is te lezen zonder script, zonder kleur en zonder muis.";
    access_how_2: "Every chart has its figures in a table beside it, and a title and description for those who do not see it.", "Elke grafiek heeft haar cijfers in een tabel ernaast, en een titel en beschrijving voor wie haar niet ziet.";
    access_how_3: "Text can be made four times as large without loss; tables and charts that are too wide scroll by themselves.", "Tekst kan vier keer zo groot zonder dat er iets wegvalt; tabellen en grafieken die te breed zijn schuiven zelf.";
    access_how_4: "Pages follow the settings of your device for light and dark, and for contrast.", "Pagina's volgen de instellingen van uw apparaat voor licht en donker, en voor contrast.";
    access_how_5: "Every figure is also in open data that other programs read aloud, enlarge or draw.", "Elk cijfer staat ook in open data die andere programma's kunnen voorlezen, vergroten of tekenen.";
    access_tested_head: "How it was tested", "Hoe het getest is";
    access_tested: "With each version of zicht, which made this site (this one is {version}), the pages of its examples are opened in a real browser: by the keyboard alone, at 200 and 400 per cent, in forced colours and in print, and with the program axe, which may find nothing. No audit by people with a disability was made of this site.", "Bij elke versie van zicht, dat deze site maakte (dit is {version}), worden de pagina's van de voorbeelden in een echte browser geopend: met alleen het toetsenbord, op 200 en 400 procent, met opgelegde kleuren en in druk, en met het programma axe, dat niets mag vinden. Deze site is niet beoordeeld door mensen met een beperking.";
    access_limits_head: "What is known not to be good", "Waarvan bekend is dat het beter kan";
    access_limit_1: "Wide tables take long to hear; their open data are easier to search.", "Brede tabellen duren lang om te beluisteren; in de open data zoekt men makkelijker.";
    access_limit_2: "XLSX workbooks have headings on each sheet, and no tested reading order beyond that.", "XLSX-werkmappen hebben koppen op elk blad, en daarnaast geen geteste leesvolgorde.";
    access_contact_head: "When something fails", "Als iets niet lukt";
    access_contact: "Say which page and what you used; you get the figures in another form if you like.", "Zeg welke pagina en wat u gebruikte; u krijgt de cijfers desgewenst in een andere vorm.";
    access_no_contact: "Ask {publisher}, who published this site.", "Vraag het {publisher}, die deze site uitgaf.";
    access_date: "Statement of {date}.", "Verklaring van {date}.";

    // Words in tables and charts.
    total: "Total", "Totaal";
    category: "Category", "Categorie";
    figure: "Figure", "Cijfer";
    hidden_cell: "hidden", "verborgen";
    missing_cell: "no figure", "geen cijfer";
    persons: "persons", "personen";
    reports: "reports", "meldingen";
    events: "events", "gebeurtenissen";
    amounts: "amounts", "bedragen";
    hidden_note: "× means hidden: the figure is not published, because it or another would give a small group of persons away. In charts it is an open mark beneath or beside the axis. A hidden figure is not zero.", "× betekent verborgen: het cijfer is niet gepubliceerd, omdat het of een ander cijfer een kleine groep personen zou verraden. In grafieken is het een open teken onder of naast de as. Een verborgen cijfer is geen nul.";
    missing_note: "– means that there is no figure.", "– betekent dat er geen cijfer is.";
    between_note: "A range is what the publisher of the figure wrote: only the bounds are known.", "Een bereik is wat de uitgever van het cijfer schreef: alleen de grenzen zijn bekend.";
    scroll: "Table: {what}", "Tabel: {what}";
    chart_scroll: "Chart: {what}", "Grafiek: {what}";

    // Overview.
    overview_lead: "What the figures say, in a few sentences. Every figure leads to its definition, its method and its source.", "Wat de cijfers zeggen, in enkele zinnen. Elk cijfer leidt naar zijn definitie, zijn methode en zijn bron.";
    key_figures: "Key figures", "Kerncijfers";
    latest_detected: "{title}, {period}", "{title}, {period}";
    against: "{change} against {period} ({count})", "{change} ten opzichte van {period} ({count})";
    highest: "The highest figure is {count}, in {period}; the lowest is {low}, in {low_period}.", "Het hoogste cijfer is {count}, in {period}; het laagste is {low}, in {low_period}.";
    said_rose: "From {from} to {to} the figure went from {old} to {new} ({change}). With chance alone taken into account this is a rise: the interval of the change is {interval}.", "Van {from} tot {to} ging het cijfer van {old} naar {new} ({change}). Ook als het toeval wordt meegerekend is dit een stijging: het interval van de verandering is {interval}.";
    said_fell: "From {from} to {to} the figure went from {old} to {new} ({change}). With chance alone taken into account this is a fall: the interval of the change is {interval}.", "Van {from} tot {to} ging het cijfer van {old} naar {new} ({change}). Ook als het toeval wordt meegerekend is dit een daling: het interval van de verandering is {interval}.";
    said_cannot: "From {from} to {to} the figure went from {old} to {new} ({change}). This is within what chance alone can do: the interval of the change is {interval}.", "Van {from} tot {to} ging het cijfer van {old} naar {new} ({change}). Dit valt binnen wat het toeval alleen al kan doen: het interval van de verandering is {interval}.";
    not_hidden_fall: "A change in this figure is a change in what was detected and reported. It does not say that there were more or fewer victims.", "Een verandering in dit cijfer is een verandering in wat is ontdekt en gemeld. Het zegt niet dat er meer of minder slachtoffers waren.";
    breaks_found: "The level of the series broke in: {periods}.", "Het niveau van de reeks brak in: {periods}.";
    hidden_figure: "{title}: estimated, detected and hidden together", "{title}: geschat, gemeld en verborgen samen";
    hidden_figure_one: "{low} to {high}", "{low} tot {high}";
    protected_figure: "Figures hidden to protect persons, of {all}", "Cijfers verborgen om personen te beschermen, van {all}";
    attack_none: "An attacker built into the program tried to work out the hidden figures from everything that is published here. It worked out none of {targets}.", "Een ingebouwde aanvaller heeft geprobeerd de verborgen cijfers af te leiden uit alles wat hier is gepubliceerd. Hij leidde er geen af van de {targets}.";
    attack_some: "An attacker built into the program tried to work out the hidden figures from everything that is published here. Of {targets} it worked out {exact} exactly and {narrow} more closely than the rule allows.", "Een ingebouwde aanvaller heeft geprobeerd de verborgen cijfers af te leiden uit alles wat hier is gepubliceerd. Van de {targets} leidde hij er {exact} precies af en {narrow} nauwer dan de regel toestaat.";
    attack_changed: "An attacker built into the program, who knows how far a count may be from the published one, tried to work out the true small counts. Of {targets} counts it worked out none.", "Een ingebouwde aanvaller, die weet hoe ver een aantal van het gepubliceerde af kan liggen, heeft geprobeerd de ware kleine aantallen af te leiden. Van de {targets} aantallen leidde hij er geen af.";
    attack_private: "Whoever knows all other persons still cannot tell whether somebody is among those counted.", "Ook wie alle andere personen kent, kan niet zien of iemand is meegeteld.";
    audit_lead: "What others published", "Wat anderen publiceerden";
    audit_text: "The tables that this monitor was made from were attacked as well. In this table stands how many of their cells an outsider can work out; which ones is told to their publishers only.", "Ook de tabellen waarvan deze monitor is gemaakt zijn aangevallen. In deze tabel staat hoeveel van hun cellen een buitenstaander kan afleiden; welke dat zijn horen alleen hun uitgevers.";
    audit_file: "Table", "Tabel";
    audit_attacked: "Cells attacked", "Aangevallen cellen";
    audit_exact: "Worked out exactly", "Precies afgeleid";
    audit_narrow: "Worked out closely", "Nauw afgeleid";
    read_on: "Read on", "Verder lezen";

    // Tables.
    victims_lead: "Every table of this release, with a page of its own: a chart, the table itself and the open data.", "Elke tabel van deze uitgave, met een eigen pagina: een grafiek, de tabel zelf en de open gegevens.";
    table_unit: "One unit", "Eén eenheid";
    table_dimensions: "By", "Naar";
    table_cells: "Cells", "Cellen";
    table_hidden: "Hidden", "Verborgen";
    table_rule: "Protection", "Bescherming";
    table_latest: "Latest figure", "Laatste cijfer";
    rule_threshold: "Counts below {n} are hidden, and as many others as are needed to keep them hidden.", "Aantallen onder {n} zijn verborgen, en zoveel andere als nodig is om ze verborgen te houden.";
    rule_zeros: "Zeros are published.", "Nullen zijn gepubliceerd.";
    rule_zeros_hidden: "Zeros are hidden as small counts are.", "Nullen zijn verborgen zoals kleine aantallen.";
    rule_groups: "That all of a group have one property is hidden as well.", "Dat allen van een groep één eigenschap hebben is ook verborgen.";
    rule_waiver: "Published whole: {why}", "Geheel gepubliceerd: {why}";
    by_section: "By {dimension}", "Naar {dimension}";
    fixed: "{dimension}: {category}", "{dimension}: {category}";
    shown_some: "The chart shows the {n} largest of {all} categories; the table shows {m}. All are in the data.", "De grafiek toont de {n} grootste van {all} categorieën; de tabel toont er {m}. Alle staan in de gegevens.";
    shown_chart: "The chart shows the {n} largest of {all} categories.", "De grafiek toont de {n} grootste van {all} categorieën.";
    largest_in: "{title}, {period}: all categories", "{title}, {period}: alle categorieën";
    cross_section: "{a} and {b} in {period}", "{a} en {b} in {period}";
    cross_section_notime: "{a} and {b}", "{a} en {b}";
    parts_of_unknown: "“Unknown” is a category like any other: it is never left out.", "‘Onbekend’ is een categorie als elke andere: zij wordt nooit weggelaten.";
    vintage_note: "Figures of different publications stand side by side. They are never added up and never averaged.", "Cijfers van verschillende publicaties staan naast elkaar. Ze worden nooit opgeteld en nooit gemiddeld.";
    chart_desc_lines: "{n} series over {first} to {last}. The table below holds the same figures.", "{n} reeksen over {first} tot {last}. De tabel hieronder bevat dezelfde cijfers.";
    chart_desc_one: "One series over {first} to {last}: {start} in the first period with a figure, {end} in the last. The table below holds the same figures.", "Eén reeks over {first} tot {last}: {start} in de eerste periode met een cijfer, {end} in de laatste. De tabel hieronder bevat dezelfde cijfers.";
    chart_desc_bars: "Categories ({n}), from {largest} down. The table below holds the same figures.", "Categorieën ({n}), van {largest} naar beneden. De tabel hieronder bevat dezelfde cijfers.";
    chart_desc_intervals: "Estimates ({n}) with their intervals, on one scale from zero. The table below holds the same figures.", "Schattingen ({n}) met hun intervallen, op één schaal vanaf nul. De tabel hieronder bevat dezelfde cijfers.";
    rates_head: "Rate per {per} inhabitants", "Aantal per {per} inwoners";
    rates_text: "The count divided by the number of inhabitants ({population}). The interval is that of the count, as if chance alone made it differ; the number of inhabitants is taken as exact. A hidden count has no rate.", "Het aantal gedeeld door het aantal inwoners ({population}). Het interval is dat van het aantal, alsof alleen het toeval het laat verschillen; het aantal inwoners geldt als exact. Een verborgen aantal heeft geen verhoudingsgetal.";
    rates_some: "Shown are the first {n} of {all} categories; all are in the data.", "Getoond zijn de eerste {n} van {all} categorieën; alle staan in de gegevens.";
    open_data: "Open data of this table", "Open gegevens van deze tabel";
    no_figures: "This table has no figures.", "Deze tabel heeft geen cijfers.";

    // Charts on the page of a table.
    finding_most: "Most in {period}: {category}, {share}", "De meeste in {period}: {category}, {share}";
    finding_most_notime: "Most: {category}, {share}", "De meeste: {category}, {share}";
    finding_largest: "Largest in {period}: {category}, {count}", "Het grootst in {period}: {category}, {count}";
    finding_largest_notime: "Largest: {category}, {count}", "Het grootst: {category}, {count}";
    chart_desc_multiples: "A small chart for each of {n} series over {first} to {last}, all on one scale. The table below holds the same figures.", "Een kleine grafiek voor elk van {n} reeksen over {first} tot {last}, alle op één schaal. De tabel hieronder bevat dezelfde cijfers.";
    heat_below: "below {n}", "onder {n}";
    heat_from: "{n} and more", "{n} en meer";
    heat_note: "The stronger the shade of a cell, the higher its count. Totals are not shaded, nor are cells of which no count is published.", "Hoe sterker de tint van een cel, hoe hoger het aantal. Totalen hebben geen tint, en cellen waarvan geen aantal is gepubliceerd ook niet.";
    chart_desc_pyramid: "{left} to the left and {right} to the right, a row for each of {n} ages. The table below holds the same figures.", "{left} links en {right} rechts, een rij voor elk van {n} leeftijden. De tabel hieronder bevat dezelfde cijfers.";
    chart_desc_flows: "Bands as wide as their counts, by {partner}: {from} on the left, {to} on the right. The table below holds the same figures.", "Banden zo breed als hun aantallen, naar {partner}: {from} links, {to} rechts. De tabel hieronder bevat dezelfde cijfers.";
    chart_desc_dots: "Estimates ({n}) with their intervals, from high to low on one scale from zero; the dotted line is the median of the rows. The table below holds the same figures.", "Schattingen ({n}) met hun intervallen, van hoog naar laag op één schaal vanaf nul; de stippellijn is de mediaan van de rijen. De tabel hieronder bevat dezelfde cijfers.";
    overlap_head: "Who is in which registers", "Wie in welke registers voorkomt";
    overlap_title: "by the registers that reported them", "naar de registers die hen meldden";
    overlap_sizes: "In the register", "In het register";
    overlap_persons: "In these registers and no other", "In deze registers en in geen ander";
    overlap_only: "{register} only", "alleen {register}";
    overlap_none: "none of these registers", "geen van deze registers";
    overlap_note: "Each person is in one column of the chart: in the registers with a full dot, and in no other. The bars at the left are all persons of a register, whatever other registers they are in.", "Elke persoon zit in één kolom van de grafiek: in de registers met een volle stip, en in geen ander. De balken links zijn alle personen van een register, in welke andere registers zij ook voorkomen.";
    overlap_left: "Combinations in the chart: {drawn}, the largest first. The counts of {hidden} combinations are hidden; in {nobody} there is nobody. All are in the data.", "Combinaties in de grafiek: {drawn}, de grootste eerst. Van {hidden} combinaties is het aantal verborgen; in {nobody} zit niemand. Alle staan in de gegevens.";
    overlap_register: "Register", "Register";
    overlap_pairs: "In both of two registers", "In twee registers tegelijk";
    overlap_pairs_note: "Persons whom the register of the row and that of the column reported, whatever others did; where a register meets itself, all its persons.", "Personen die het register van de rij en dat van de kolom hebben gemeld, wat andere ook deden; waar een register zichzelf ontmoet, al zijn personen.";
    overlap_each: "Persons in each register", "Personen in elk register";
    overlap_more: "A person can be in more than one register: these counts do not add up to the total.", "Een persoon kan in meer dan één register voorkomen: deze aantallen tellen niet op tot het totaal.";
    chart_desc_upset: "Persons by the combination of registers that reported them, the largest of {n} combinations first: a bar with the count above a column of dots, a full dot for each register. The table below holds the same figures.", "Personen naar de combinatie van registers die hen meldden, de grootste van {n} combinaties eerst: een balk met het aantal boven een kolom stippen, een volle stip voor elk register. De tabel hieronder bevat dezelfde cijfers.";
    dots_median: "median", "mediaan";
    flows_said: "{direction}: {finding}.", "{direction}: {finding}.";
    flows_rest: "{n} others together", "{n} andere samen";
    flows_some_hidden: "hidden: {n}", "verborgen: {n}";
    flows_hidden: "Hidden and not drawn, {direction}: {names}.", "Verborgen en niet getekend, {direction}: {names}.";

    // The hidden estimate.
    plain_head: "How can you count people whom nobody saw?", "Hoe kun je mensen tellen die niemand heeft gezien?";
    plain_1: "Two people read the same text and look for mistakes. If they find the same ones, they have seen nearly all of them. If each of them finds others, many more must still be there.", "Twee mensen lezen dezelfde tekst en zoeken naar fouten. Vinden ze dezelfde fouten, dan hebben ze ze bijna allemaal gezien. Vindt elk andere fouten, dan moeten er nog veel meer zijn.";
    plain_2: "The lists of police, shelters and others are like these readers. If the same people are on many lists, few were missed. If each list has other people on it, many were missed.", "De lijsten van politie, opvang en anderen zijn net als deze lezers. Staan dezelfde mensen op veel lijsten, dan zijn er weinig gemist. Staan er op elke lijst andere mensen, dan zijn er veel gemist.";
    plain_3: "This is never exact. Some people stay away from all lists. Some lists send people on to each other. So the answer is a range and not one number, and it is worked out in more than one way. Where these ways do not agree, we say so.", "Het is nooit precies. Sommige mensen staan op geen enkele lijst. En soms stuurt de ene lijst mensen door naar de andere. Daarom is het antwoord een bereik en niet één getal. En het is op meer dan één manier berekend. Zijn die het niet eens, dan zeggen we dat.";
    hidden_lead: "Not every victim is detected. From how often several organisations meet the same persons follows how many none of them met.", "Niet elk slachtoffer wordt ontdekt. Uit hoe vaak verschillende organisaties dezelfde personen tegenkomen, volgt hoeveel er door geen van hen zijn gezien.";
    no_estimates: "This release has no estimate of the hidden population.", "Deze uitgave heeft geen schatting van de verborgen populatie.";
    estimate_detected: "Detected", "Gemeld";
    estimate_method: "Method", "Methode";
    estimate_total: "Estimated total", "Geschat totaal";
    estimate_interval: "Interval ({level})", "Interval ({level})";
    estimate_visibility: "Detected share", "Gemeld deel";
    estimate_model: "Model", "Model";
    estimate_said: "{detected} persons stood on at least one of {lists} lists. By the method “{method}” there were {total} in all, detected and hidden together; the {level} interval is {low} to {high}.", "{detected} personen stonden op ten minste één van {lists} lijsten. Volgens de methode ‘{method}’ waren er {total} in totaal, gemeld en verborgen samen; het {level}-interval is {low} tot {high}.";
    estimate_said_open: "{detected} persons stood on at least one of {lists} lists. By the method “{method}” there were {total} in all, detected and hidden together; the data do not bound this number.", "{detected} personen stonden op ten minste één van {lists} lijsten. Volgens de methode ‘{method}’ waren er {total} in totaal, gemeld en verborgen samen; de gegevens begrenzen dit aantal niet.";
    estimate_none: "No method could answer; the reasons are in the table.", "Geen methode kon antwoorden; de redenen staan in de tabel.";
    estimate_small: "Too few persons were detected to publish this estimate.", "Er zijn te weinig personen gemeld om deze schatting te publiceren.";
    refused: "no answer", "geen antwoord";
    refused_head: "Methods that gave no answer", "Methoden die geen antwoord gaven";
    no_interval: "no interval", "geen interval";
    disagree: "The methods do not agree", "De methoden zijn het niet eens";
    disagree_text: "The largest answer ({high}, {high_method}) is {times} times the smallest ({low}, {low_method}). {overlap} An interval tells how sure a method is if its model is right; it does not tell which model is right. Read the whole range, not one number.", "Het grootste antwoord ({high}, {high_method}) is {times} keer het kleinste ({low}, {low_method}). {overlap} Een interval vertelt hoe zeker een methode is als haar model klopt; het vertelt niet welk model klopt. Lees het hele bereik, niet één getal.";
    no_overlap: "Their intervals do not even touch.", "Hun intervallen raken elkaar niet eens.";
    some_overlap: "Their intervals overlap.", "Hun intervallen overlappen.";
    agree: "The methods broadly agree: the largest answer ({high}) is {times} times the smallest ({low}).", "De methoden zijn het in grote lijnen eens: het grootste antwoord ({high}) is {times} keer het kleinste ({low}).";
    bound_note: "A lower bound says at least how many; it is not an estimate of the total, and is left out of this comparison.", "Een ondergrens zegt hoeveel het er ten minste zijn; het is geen schatting van het totaal en telt in deze vergelijking niet mee.";
    fitness_head: "What these data can support", "Wat deze gegevens kunnen dragen";
    fitness_supported: "Judged by {n} populations of known size, made on the computer, that could have given these data: they support an estimate. The upper limit of the methods combined is {times} times the lower one.", "Beoordeeld met {n} populaties van bekende omvang, op de computer gemaakt, die deze gegevens hadden kunnen geven: zij dragen een schatting. De bovengrens van de methoden samen is {times} keer de ondergrens.";
    fitness_weak_title: "These data say the order of magnitude, not more", "Deze gegevens zeggen de orde van grootte, niet meer";
    fitness_weak: "Judged by {n} populations of known size, made on the computer, that could have given these data. With all that the data cannot exclude, the upper limit is {times} times the lower one. Quote the range, not one number.", "Beoordeeld met {n} populaties van bekende omvang, op de computer gemaakt, die deze gegevens hadden kunnen geven. Met alles wat de gegevens niet kunnen uitsluiten is de bovengrens {times} keer de ondergrens. Noem het bereik, niet één getal.";
    fitness_unsupported_title: "These data cannot support an estimate", "Deze gegevens kunnen geen schatting dragen";
    fitness_unsupported: "Judged by {n} populations of known size, made on the computer, that could have given these data. The numbers of the single methods are shown so that others can check them. They should not be quoted as the number of victims.", "Beoordeeld met {n} populaties van bekende omvang, op de computer gemaakt, die deze gegevens hadden kunnen geven. De getallen van de afzonderlijke methoden staan hier opdat anderen ze kunnen nagaan. Ze horen niet te worden aangehaald als het aantal slachtoffers.";
    fitness_text: "Each method estimated these populations, whose size is known. A method does well when its interval holds the known size about as often as it says ({level}), when it is not far off, and when the interval is no wider than it must be.", "Elke methode schatte deze populaties, waarvan de omvang bekend is. Een methode doet het goed als haar interval de bekende omvang ongeveer zo vaak bevat als zij zegt ({level}), als zij er niet ver naast zit, en als het interval niet wijder is dan nodig.";
    fitness_family: "How often the interval holds the known size: {family} ({n} populations)", "Hoe vaak het interval de bekende omvang bevat: {family} ({n} populaties)";
    fitness_excluded: "The data exclude populations of this kind: {family}.", "De gegevens sluiten populaties van deze soort uit: {family}.";
    family_dependence: "being on one list goes with being on another", "staan op de ene lijst hangt samen met staan op een andere";
    family_heterogeneity: "persons are of a few kinds that differ in how easily they are seen", "personen zijn van enkele soorten die verschillen in hoe makkelijk zij worden gezien";
    part_classes: "classes of persons, quick fit", "soorten personen, snelle aanpassing";
    fitness_wanted: "As it says", "Zoals gezegd";
    fitness_weight: "Weight", "Gewicht";
    fitness_coverage: "Holds the size", "Bevat de omvang";
    fitness_bias: "Off by (median)", "Ernaast (mediaan)";
    fitness_width: "Upper ÷ lower limit", "Boven- ÷ ondergrens";
    fitness_refused: "No answer", "Geen antwoord";
    pairs_head: "Which lists depend on each other", "Welke lijsten samenhangen";
    pairs_text: "Two lists depend on each other when being on the one makes it likelier, or less likely, to be on the other. The figures are the weight of all models in which a pair does so: near 100% the data ask for it, near 0% they ask against it, and in between they cannot tell.", "Twee lijsten hangen samen als staan op de ene het waarschijnlijker maakt, of juist minder waarschijnlijk, om op de andere te staan. De cijfers zijn het gewicht van alle modellen waarin een paar samenhangt: bij bijna 100% vragen de gegevens erom, bij bijna 0% spreken zij het tegen, en daartussen kunnen zij het niet zeggen.";
    pairs_map: "Weight of the models in which two lists depend on each other: {method}", "Gewicht van de modellen waarin twee lijsten samenhangen: {method}";
    pairs_description: "Each pair of the {n} lists has a square whose area is the weight. The table below holds the same figures.", "Elk paar van de {n} lijsten heeft een vierkant met het gewicht als oppervlakte. De tabel hieronder bevat dezelfde cijfers.";
    pairs_pair: "Lists", "Lijsten";
    without_head: "If a list had not been there", "Als een lijst er niet was geweest";
    without_text: "The same methods without each list, and with small lists put together. The population is the same each time, so the answers would be too if the models were right. An answer that changes much rests on one list.", "Dezelfde methoden zonder elke lijst, en met kleine lijsten samengevoegd. De populatie is steeds dezelfde, dus dat zouden de antwoorden ook zijn als de modellen klopten. Een antwoord dat sterk verandert, steunt op één lijst.";
    without_chart: "Estimated total after each change: {method}", "Geschat totaal na elke verandering: {method}";
    without_mark: "With all lists", "Met alle lijsten";
    without_change: "Change", "Verandering";
    without_percent: "Difference", "Verschil";
    without_list: "without {lists}", "zonder {lists}";
    without_pooled: "{lists} as one list", "{lists} als één lijst";
    without_group_head: "If a group had not been there", "Als een groep er niet was geweest";
    without_group_text: "The same methods without each group in turn. It is then another population, so that what is compared is the visibility of all others. Where it changes much, the answer for the whole rests on that group.", "Dezelfde methoden zonder elke groep om de beurt. Het is dan een andere populatie; daarom wordt de zichtbaarheid van alle anderen vergeleken. Waar die sterk verandert, steunt het antwoord voor het geheel op die groep.";
    without_group_chart: "Visibility of all others: {method}", "Zichtbaarheid van alle anderen: {method}";
    without_group_mark: "With all groups", "Met alle groepen";
    without_group: "without {group}", "zonder {group}";
    without_group_some: "Groups that are not shown on the page of visibility are not left out in turn here either.", "Groepen die niet op de pagina over zichtbaarheid staan, zijn hier ook niet om de beurt weggelaten.";
    covariates_head: "Using what is known of persons", "Met wat van personen bekend is";
    covariates_text: "Persons who differ in how easily they are seen make lists look dependent. Here it is used in what they differ ({variables}). The first line is a model of lists and these together. The others are each from two lists alone, which count as independent among persons who are alike.", "Personen die verschillen in hoe makkelijk zij worden gezien, laten lijsten samenhangen. Hier is gebruikt waarin zij verschillen ({variables}). De eerste regel is een model van de lijsten en deze kenmerken samen. De andere zijn elk van maar twee lijsten, die als onafhankelijk gelden onder personen die gelijk zijn.";
    covariates_model: "log-linear with covariates", "loglineair met kenmerken";
    covariates_pair: "{a} and {b} alone", "alleen {a} en {b}";
    covariates_robust: "doubly robust", "dubbel robuust";
    covariates_refused: "Where there is no answer, too few persons are on both lists, or too little is known of them.", "Waar geen antwoord is, staan te weinig personen op beide lijsten, of is te weinig van hen bekend.";
    covariates_visibility: "Visibility by the model with covariates: {variable}", "Zichtbaarheid volgens het model met kenmerken: {variable}";
    covariates_not_shown: "Groups are left out here where showing them would give a small group away.", "Groepen zijn hier weggelaten waar tonen een kleine groep zou verraden.";
    weights_head: "How much each model weighs", "Hoe zwaar elk model weegt";
    weights_text: "An average over models gives each the weight that the data ask for. Where no model has much weight, or the heaviest give different totals, no single model is the answer. Shown are the heaviest.", "Een gemiddelde over modellen geeft elk het gewicht waar de gegevens om vragen. Waar geen model veel gewicht heeft, of de zwaarste verschillende totalen geven, is geen enkel model het antwoord. Getoond zijn de zwaarste.";
    weights_chart: "Weight of the heaviest models: {method}", "Gewicht van de zwaarste modellen: {method}";
    weights_description: "The weight of each of {n} models, in percent. The table below holds the same figures.", "Het gewicht van elk van {n} modellen, in procenten. De tabel hieronder bevat dezelfde cijfers.";
    weights_weight: "Weight", "Gewicht";
    chains_head: "Did the chains come together?", "Zijn de ketens samengekomen?";
    chains_text: "Some methods draw their answer at random, in several chains that start far apart. Their answer counts only when the chains have come together: R-hat below 1.01, and more than 400 draws' worth of independent information for the middle and for the ends. Otherwise no answer is shown.", "Sommige methoden loten hun antwoord, in verschillende ketens die ver uit elkaar beginnen. Hun antwoord telt alleen als de ketens zijn samengekomen: R-hat onder 1,01, en voor het midden en voor de uiteinden de informatie van meer dan 400 onafhankelijke trekkingen. Anders wordt geen antwoord getoond.";
    chains_number: "Chains", "Ketens";
    chains_draws: "Draws", "Trekkingen";
    chains_rhat: "R-hat", "R-hat";
    chains_bulk: "Effective draws, middle", "Effectieve trekkingen, midden";
    chains_tail: "Effective draws, ends", "Effectieve trekkingen, uiteinden";
    chains_error: "Error of drawing in the total", "Lotingsfout in het totaal";
    rivals: "Models that fit almost as well", "Modellen die bijna even goed passen";
    rivals_text: "The criterion by which the model was chosen (BIC; smaller is better) hardly tells these models apart: a difference below 2 is no evidence, below 6 it is weak. Among models within {margin} of the best the total runs from {low} to {high}.", "Het criterium waarmee het model is gekozen (BIC; kleiner is beter) onderscheidt deze modellen nauwelijks: een verschil onder 2 is geen bewijs, onder 6 is het zwak. Bij modellen binnen {margin} van het beste loopt het totaal van {low} tot {high}.";
    rivals_named: "“{model}” has a BIC only {difference} worse than the chosen model, and gives {total} instead of {chosen}.", "‘{model}’ heeft een BIC die maar {difference} slechter is dan die van het gekozen model, en geeft {total} in plaats van {chosen}.";
    rival_model: "Model", "Model";
    rival_bic: "BIC above the best", "BIC boven de beste";
    diagnostics: "Figures to judge the methods by", "Cijfers om de methoden te beoordelen";
    lists_head: "The lists", "De lijsten";
    list_code: "List", "Lijst";
    list_name: "Name", "Naam";

    // Visibility.
    visibility_lead: "Visibility is the share of a group that was detected: detected ÷ estimated total. Where it is low, many stay unseen.", "Zichtbaarheid is het deel van een groep dat is gemeld: gemeld ÷ geschat totaal. Waar die laag is, blijven velen ongezien.";
    visibility_whole: "The whole", "Het geheel";
    visibility_methods: "Visibility of the whole population, by method", "Zichtbaarheid van de hele populatie, per methode";
    visibility_group: "Group", "Groep";
    visibility_share: "Visibility", "Zichtbaarheid";
    visibility_least: "Probability of being seen least", "Kans het minst gezien te zijn";
    visibility_none: "No estimates by group were asked for in this release.", "In deze uitgave zijn geen schattingen per groep gevraagd.";
    visibility_not_shown: "{n} groups are not shown, because too few persons of them were detected, or because showing them would give such a group away.", "{n} groepen zijn niet getoond, omdat er te weinig personen van zijn gemeld, of omdat tonen zo'n groep zou verraden.";
    visibility_clear: "The least visible group is {group}: the probability is {probability}.", "De minst zichtbare groep is {group}: de kans is {probability}.";
    visibility_leaning: "The least visible group is probably {group}, but that is not certain: the probability is {probability}.", "De minst zichtbare groep is waarschijnlijk {group}, maar zeker is dat niet: de kans is {probability}.";
    visibility_untold: "Which group is the least visible cannot be said: of some groups there is no estimate, or it is not shown.", "Welke groep het minst zichtbaar is, valt niet te zeggen: van sommige groepen is er geen schatting, of zij is niet getoond.";
    visibility_cannot_tell: "Which group is the least visible cannot be told. With a probability of {probability} it is one of these: {groups}.", "Welke groep het minst zichtbaar is, valt niet te zeggen. Met een kans van {probability} is het een van deze: {groups}.";
    visibility_nearly_certain: "over 99%", "meer dan 99%";
    visibility_without: "A group without an estimate may be seen less than any of the others.", "Een groep zonder schatting kan minder gezien worden dan alle andere.";
    visibility_no_estimate: "no estimate", "geen schatting";
    chance_hardly: "under 1%", "minder dan 1%";
    ranks_head: "How probable each rank is", "Hoe waarschijnlijk elke plaats is";
    ranks_text: "The probability that a group takes each place when the groups are put in order, from the least visible on. A row with its weight on one place is known well; a row that is spread out is not.", "De kans dat een groep elke plaats inneemt als de groepen op volgorde staan, te beginnen bij de minst zichtbare. Van een rij met haar gewicht op één plaats is de plaats goed bekend; van een rij die is uitgespreid niet.";
    ranks_rank: "Place {n}", "Plaats {n}";
    ranks_mean: "Mean place", "Gemiddelde plaats";
    ranks_some: "The table has the first {n} of {all} places; all are in the data.", "De tabel heeft de eerste {n} van {all} plaatsen; alle staan in de gegevens.";
    contrasts_head: "Two groups compared", "Twee groepen vergeleken";
    contrasts_text: "The visibility of the one group divided by that of the other. Below 1 the first is seen less. When the interval holds 1, the data cannot tell which of the two is seen less.", "De zichtbaarheid van de ene groep gedeeld door die van de andere. Onder 1 wordt de eerste minder gezien. Als het interval 1 bevat, kunnen de gegevens niet zeggen welke van de twee minder wordt gezien.";
    contrasts_pair: "{one} ÷ {other}", "{one} ÷ {other}";
    contrasts_mark: "As visible", "Even zichtbaar";
    contrasts_groups: "Groups", "Groepen";
    contrasts_ratio: "Ratio of visibility", "Verhouding van zichtbaarheid";
    contrasts_lower: "Probability that the first is seen less", "Kans dat de eerste minder wordt gezien";
    contrasts_some: "Shown is each group against the one that is the most likely to be seen least: {group}. All pairs of which there is a figure are in the data.", "Getoond is elke groep tegenover die het waarschijnlijkst het minst wordt gezien: {group}. Alle paren waarvan er een cijfer is, staan in de gegevens.";
    margins_head: "Totals that add up", "Totalen die optellen";
    margins_text: "All groups were estimated at once, so that in every draw they add up to the total. The middle values shown here need not: a middle of a sum is not the sum of the middles.", "Alle groepen zijn in één keer geschat, zodat zij in elke trekking optellen tot het totaal. Voor de middelste waarden die hier staan hoeft dat niet: een midden van een som is niet de som van de middens.";
    margins_note: "An estimated total stands here only where this release publishes how many were detected. Sums over groups of which one is not shown are left out.", "Een geschat totaal staat hier alleen waar deze uitgave publiceert hoeveel er zijn gemeld. Sommen over groepen waarvan er een niet is getoond, zijn weggelaten.";

    // Trends.
    trends_lead: "How the figures went over time, what of it is more than chance, and where the level broke.", "Hoe de cijfers in de tijd verliepen, wat daarvan meer is dan toeval, en waar het niveau brak.";
    no_trends: "This release describes no series.", "Deze uitgave beschrijft geen reeksen.";
    period: "Period", "Periode";
    trend_count: "Figure", "Cijfer";
    trend_change: "Change", "Verandering";
    trend_change_interval: "Interval of the change", "Interval van de verandering";
    trend_says: "Says", "Zegt";
    rose: "rise", "stijging";
    fell: "fall", "daling";
    cannot_tell: "cannot tell", "niet te zeggen";
    break_period: "Break in", "Breuk in";
    break_probability: "Probability", "Kans";
    break_periods: "Or in one of", "Of in een van";
    break_levels: "Level before and after", "Niveau ervoor en erna";
    breaks_head: "Breaks in level", "Breuken in het niveau";
    no_breaks: "No break in level was found.", "Er is geen breuk in het niveau gevonden.";
    trend_desc: "Bars on the marks are {level} intervals, the dashed line is the fitted level, upright lines are breaks.", "Strepen op de punten zijn {level}-intervallen, de streepjeslijn is het geschatte niveau, staande lijnen zijn breuken.";
    other_series: "All series", "Alle reeksen";
    series: "Series", "Reeks";
    reporting: "Who reports, and how that changed", "Wie er meldt, en hoe dat veranderde";
    reporting_text: "A fall in the reports of one organisation is a change in how it reports until something else shows a change in victims. These are the changes that the other organisations did not show.", "Een daling in de meldingen van één organisatie is een verandering in hoe zij meldt, totdat iets anders een verandering in slachtoffers laat zien. Dit zijn de veranderingen die de andere organisaties niet lieten zien.";
    reporting_none: "No organisation's reports changed in a way that those of the others did not, as far as the figures here can tell.", "Bij geen organisatie veranderden de meldingen anders dan bij de andere, voor zover de cijfers hier dat laten zien.";
    reporting_organisation: "Organisation", "Organisatie";
    reporting_periods: "Periods", "Perioden";
    reporting_own: "Its reports", "Eigen meldingen";
    reporting_others: "Reports of the others", "Meldingen van de anderen";
    from_to: "{a} to {b}", "{a} naar {b}";
    reporting_tables: "Reports by organisation", "Meldingen per organisatie";

    // Methods.
    methods_lead: "How each kind of figure is made, in plain words. The formulas and their sources are in the book of the program.", "Hoe elk soort cijfer is gemaakt, in gewone woorden. De formules en hun bronnen staan in het boek van het programma.";
    m_count: "Counting reports and persons", "Meldingen en personen tellen";
    m_count_1: "A report is one organisation's registration of one presumed victim on one date. One person can be behind several reports. A table says which of the two it counts.", "Een melding is de registratie van één vermoedelijk slachtoffer door één organisatie op één datum. Achter meer meldingen kan één persoon staan. Bij elke tabel staat welke van de twee zij telt.";
    m_count_2: "Where persons are counted from reports, a person counts once in each year. Rows of a source that cannot be used are set aside and counted: rows in are rows used and rows set aside.", "Waar personen uit meldingen zijn geteld, telt een persoon één keer per jaar. Rijen van een bron die niet te gebruiken zijn, zijn apart gezet en geteld: rijen in zijn rijen gebruikt en rijen apart.";
    m_linkage: "The registers share no number of a person. Reports were linked by what identifies a person, such as name and date of birth, by a model of how often these agree in reports of one person and of two. Behind all reports are about {persons} persons; as links are not certain, {low} to {high}. Tables count by the likeliest links; intervals of estimates hold the uncertainty of the links. Of the pairs of reports of one person {compared} were compared at all, by estimate.", "De registers delen geen nummer van een persoon. Meldingen zijn gekoppeld op wat een persoon aanwijst, zoals naam en geboortedatum, met een model van hoe vaak die overeenkomen in meldingen van één persoon en van twee. Achter alle meldingen staan ongeveer {persons} personen; omdat koppelingen niet zeker zijn, {low} tot {high}. Tabellen tellen naar de waarschijnlijkste koppelingen; in de intervallen van schattingen zit de onzekerheid van de koppelingen. Van de paren meldingen van één persoon is naar schatting {compared} vergeleken.";
    m_count_3: "“Unknown” is a category. The same figure from two sources or editions is kept twice, side by side.", "‘Onbekend’ is een categorie. Hetzelfde cijfer uit twee bronnen of edities staat er twee keer, naast elkaar.";
    m_trend: "Trends", "Ontwikkeling";
    m_trend_1: "Each count has an exact Poisson (Garwood) interval: where the expected count may lie, given the one that was seen. A change is called a rise or a fall only when its interval does not hold “no change”.", "Elk aantal heeft een exact Poisson-interval (Garwood): waar het verwachte aantal kan liggen, gegeven het aantal dat is gezien. Een verandering heet pas een stijging of daling als haar interval ‘geen verandering’ niet bevat.";
    m_trend_2: "A break is a period in which the level of the series became another. A changepoint model weighs all places where breaks may be and gives the probability of each.", "Een breuk is een periode waarin het niveau van de reeks een ander werd. Een breukpuntmodel weegt alle plaatsen waar breuken kunnen zijn en geeft van elk de kans.";
    m_estimate: "Estimating who was never seen", "Schatten wie nooit is gezien";
    m_estimate_1: "Multiple systems estimation looks at how lists of different organisations overlap. If persons who are on one list are often on another, few can have been missed by all; if hardly ever, many were.", "Meervoudige-systeemschatting kijkt hoe lijsten van verschillende organisaties overlappen. Staan personen van de ene lijst vaak ook op een andere, dan kunnen er weinig door alle zijn gemist; bijna nooit, dan zijn het er veel.";
    m_estimate_2: "The answer depends on what is assumed about the lists. That is why several methods stand side by side, with those that refused and why. The seed of everything drawn at random is {seed}.", "Het antwoord hangt af van wat over de lijsten wordt aangenomen. Daarom staan er meer methoden naast elkaar, met die weigerden en waarom. Het startgetal van alles wat willekeurig is getrokken is {seed}.";
    m_disclosure: "Protecting persons", "Personen beschermen";
    m_disclosure_1: "Counts below {threshold} are hidden. So that nobody can work them out by subtraction, others are hidden as well, over all tables of this release together. What is hidden has no value in any file.", "Aantallen onder {threshold} zijn verborgen. Opdat niemand ze door aftrekken kan afleiden, zijn ook andere verborgen, over alle tabellen van deze uitgave samen. Wat verborgen is, heeft in geen enkel bestand een waarde.";
    m_disclosure_2: "Groups of an estimate below the same number are not shown. Which persons are on which lists together is never published.", "Groepen van een schatting onder hetzelfde aantal zijn niet getoond. Welke personen samen op welke lijsten staan, is nooit gepubliceerd.";
    prior_head: "The averages with other priors", "De gemiddelden met andere a-prioriverdelingen";
    prior_text: "An average over models starts from what is believed before the counts are seen. Where the answers below differ much, they come from that belief more than from the counts. No figure means that the counts do not bound the total.", "Een gemiddelde over modellen begint bij wat wordt aangenomen voordat de aantallen bekend zijn. Waar de antwoorden hieronder veel verschillen, komen zij meer uit die aanname dan uit de aantallen. Geen cijfer betekent dat de aantallen het totaal niet begrenzen.";
    prior_what: "What is believed beforehand", "Wat vooraf wordt aangenomen";
    prior_graphs: "weight {delta} on each combination of lists; {total}", "gewicht {delta} op elke combinatie van lijsten; {total}";
    prior_terms: "variance {variance} of each dependence", "variantie {variance} van elke samenhang";
    prior_classes: "number of kinds of persons with Gamma shape {shape}; {total}", "aantal soorten personen met Gamma-vorm {shape}; {total}";
    prior_inverse: "each order of magnitude as likely (1/N)", "elke orde van grootte even waarschijnlijk (1/N)";
    prior_uniform: "each total as likely", "elk totaal even waarschijnlijk";
    method_main: "independent lists", "onafhankelijke lijsten";
    method_stepwise: "pairs added stepwise", "paren stap voor stap";
    method_bic: "best model by BIC", "beste model volgens BIC";
    method_profile: "best model by BIC, profile interval", "beste model volgens BIC, profielinterval";
    method_average: "average over models by BIC", "gemiddelde over modellen volgens BIC";
    method_decomposable: "average over graphs", "gemiddelde over grafen";
    method_bayes_loglinear: "Bayesian average over log-linear models", "Bayesiaans gemiddelde over loglineaire modellen";
    method_latent_class: "latent classes of persons", "latente klassen van personen";
    method_chao: "Chao's lower bound", "ondergrens van Chao";
    method_coverage: "sample coverage", "steekproefdekking";
    method_combined: "the methods combined", "de methoden samen";
    method_main_text: "A log-linear model in which being on one list says nothing about being on another.", "Een loglineair model waarin staan op de ene lijst niets zegt over staan op een andere.";
    method_stepwise_text: "The same model, to which pairs of lists that hang together are added one by one while the data ask for it.", "Hetzelfde model, waaraan paren lijsten die samenhangen een voor een worden toegevoegd zolang de gegevens erom vragen.";
    method_bic_text: "Of all models with pairs of lists, the one that best balances fit and simplicity (BIC).", "Van alle modellen met paren lijsten het model dat passen en eenvoud het best afweegt (BIC).";
    method_profile_text: "The same model, with an interval from the profile of the likelihood, which need not be symmetric.", "Hetzelfde model, met een interval uit het profiel van de aannemelijkheid, dat niet symmetrisch hoeft te zijn.";
    method_average_text: "An average over the models with pairs of lists, each with the weight that its BIC gives it. Its interval also holds the doubt about the right model.", "Een gemiddelde over de modellen met paren lijsten, elk met het gewicht dat zijn BIC eraan geeft. In het interval zit ook de twijfel over het juiste model.";
    method_decomposable_text: "A Bayesian average over all graphs that say which lists hang together, each with the weight that the data give it. The total is the posterior median. Its interval also holds the doubt about the right graph, which those of the other models do not.", "Een Bayesiaans gemiddelde over alle grafen die zeggen welke lijsten samenhangen, elk met het gewicht dat de gegevens eraan geven. Het totaal is de mediaan van de a-posterioriverdeling. In het interval zit ook de twijfel over de juiste graaf, die in dat van de andere modellen ontbreekt.";
    method_bayes_loglinear_text: "A Bayesian average over all log-linear models, which differ in the pairs of lists that hang together, drawn by Markov chains that must agree before anything is shown. The total is the posterior median. A pair counts as strong only where the data show it; the interval also holds the doubt about the right model.", "Een Bayesiaans gemiddelde over alle loglineaire modellen, die verschillen in de paren lijsten die samenhangen, getrokken met Markovketens die het eens moeten zijn voordat iets wordt getoond. Het totaal is de mediaan van de a-posterioriverdeling. Een paar geldt alleen als sterk waar de gegevens dat laten zien; in het interval zit ook de twijfel over het juiste model.";
    method_latent_class_text: "Persons are of different kinds, as many as the data ask for, and within a kind the lists have nothing to do with each other. The total is the posterior median, drawn by Markov chains that must agree before anything is said. Where some kind of person is hardly ever seen, the upper limit comes from the prior more than from the data.", "Er zijn verschillende soorten personen, zo veel als de gegevens vragen, en binnen een soort hebben de lijsten niets met elkaar te maken. Het totaal is de mediaan van de a-posterioriverdeling, getrokken met Markovketens die het eens moeten zijn voordat er iets wordt gezegd. Waar een soort personen bijna nooit wordt gezien, komt de bovengrens meer van de a-prioriverdeling dan van de gegevens.";
    method_chao_text: "At least so many: a lower bound that holds also when persons differ in how easily they are seen.", "Minstens zo veel: een ondergrens die ook geldt als personen verschillen in hoe makkelijk zij worden gezien.";
    method_coverage_text: "From the share of each list that is found on other lists.", "Uit het deel van elke lijst dat op andere lijsten wordt gevonden.";
    method_combined_text: "Several of the other methods mixed. Hundreds of populations are made on the computer that could have given these data, and each method estimates their known size. The methods that do so best weigh most, and the interval is made so wide that it holds the known size as often as it says.", "Enkele van de andere methoden gemengd. Op de computer worden honderden populaties gemaakt die deze gegevens hadden kunnen geven, en elke methode schat de bekende omvang daarvan. De methoden die dat het best doen wegen het zwaarst, en het interval wordt zo breed gemaakt dat het de bekende omvang zo vaak bevat als het zegt.";

    // Sources.
    sources_lead: "Where the figures come from, what they count, and under which terms they may be used.", "Waar de cijfers vandaan komen, wat zij tellen en onder welke voorwaarden zij gebruikt mogen worden.";
    publisher: "Publisher", "Uitgever";
    vintage: "Edition", "Editie";
    definition: "Definition", "Definitie";
    licence: "Terms of use", "Voorwaarden";
    citation: "Found in", "Gevonden in";
    file: "File", "Bestand";
    rows: "Rows", "Rijen";
    rows_of_persons: "Every row is accounted for: used, or set aside with the reason. How many there are is not published: less the figures in the tables, it would give hidden ones away.", "Elke rij is verantwoord: gebruikt, of apart gezet met de reden. Hoeveel het er zijn is niet gepubliceerd: min de cijfers in de tabellen zou dat verborgen cijfers verraden.";
    rows_text: "{rows_in} read, {used} used, {apart} set aside", "{rows_in} gelezen, {used} gebruikt, {apart} apart gezet";
    blake3: "BLAKE3 hash", "BLAKE3-hash";
    used_for: "Used for", "Gebruikt voor";
    vintages: "The same figure from different sources", "Hetzelfde cijfer uit verschillende bronnen";
    vintages_text: "Each column is one source or edition. Where they differ, both stand here: nothing is averaged and nothing is overwritten. The number of differing figures: {n}.", "Elke kolom is één bron of editie. Waar zij verschillen, staan beide hier: niets is gemiddeld en niets is overschreven. Het aantal verschillende cijfers: {n}.";
    differs: "differs", "verschilt";

    // Downloads.
    downloads_lead: "All figures as open data. A hidden figure has no value in any of these files.", "Alle cijfers als open gegevens. Een verborgen cijfer heeft in geen van deze bestanden een waarde.";
    downloads_table: "Table", "Tabel";
    downloads_files: "Files", "Bestanden";
    downloads_catalogue: "Catalogue (DCAT, JSON-LD)", "Catalogus (DCAT, JSON-LD)";
    downloads_protection: "Certificate of protection: the rule, the attack and what is hidden in each table (JSON)", "Certificaat van bescherming: de regel, de aanval en wat in elke tabel verborgen is (JSON)";
    downloads_manifest: "Manifest: where every file comes from (JSON)", "Manifest: waar elk bestand vandaan komt (JSON)";
    downloads_results: "Series, estimates and visibility as CSV", "Reeksen, schattingen en zichtbaarheid als CSV";
    downloads_trends: "Series over time, with intervals, changes and breaks", "Reeksen in de tijd, met intervallen, veranderingen en breuken";
    downloads_estimates: "Estimates of the hidden population, by method", "Schattingen van de verborgen populatie, per methode";
    downloads_visibility: "Visibility by group", "Zichtbaarheid per groep";
    downloads_ranks: "Probability of each rank by visibility", "Kans op elke plaats naar zichtbaarheid";
    downloads_contrasts: "Visibility of two groups compared", "Zichtbaarheid van twee groepen vergeleken";
    downloads_margins: "Visibility by single variables and of the whole, of groups estimated at once", "Zichtbaarheid per losse variabele en van het geheel, van groepen die in één keer zijn geschat";
    downloads_shown: "All numbers in the tables of the other pages, as they are shown", "Alle getallen in de tabellen van de andere pagina's, zoals ze daar staan";
    downloads_whole: "The release as a whole", "De uitgave als geheel";
    columns_head: "What the columns mean", "Wat de kolommen betekenen";
    columns_value: "the figure; empty when it is hidden or there is none", "het cijfer; leeg als het verborgen is of er geen is";
    columns_bounds: "bounds, where the publisher of the figure gave only those", "grenzen, als de uitgever van het cijfer alleen die gaf";
    columns_rates: "inhabitants, rate and its interval, in tables that have a population", "inwoners, verhoudingsgetal en zijn interval, in tabellen met een bevolking";
    columns_conf: "F free, C confidential, D hidden to protect others (SDMX)", "F vrij, C vertrouwelijk, D verborgen om andere te beschermen (SDMX)";
    columns_obs: "A normal, O missing, Q suppressed (SDMX)", "A gewoon, O ontbreekt, Q verborgen (SDMX)";
    columns_codes: "_T is the total, _U is unknown", "_T is het totaal, _U is onbekend";

    // About.
    about_lead: "What made this release, from what, and how it can be made again.", "Wat deze uitgave heeft gemaakt, waarvan, en hoe zij opnieuw gemaakt kan worden.";
    about_program: "Program", "Programma";
    about_settings: "Settings", "Instellingen";
    about_seed: "Seed", "Startgetal";
    about_level: "Level of intervals", "Niveau van intervallen";
    about_date: "Reference date", "Peildatum";
    about_licence: "Licence of the data", "Licentie van de gegevens";
    about_inputs: "Inputs", "Invoer";
    about_again: "The same inputs, settings and version give the same release, byte for byte. There is no clock in it: its date is the reference date of the settings.", "Dezelfde invoer, instellingen en versie geven dezelfde uitgave, byte voor byte. Er zit geen klok in: de datum is de peildatum uit de instellingen.";
    about_access: "Accessibility", "Toegankelijkheid";
    about_access_text: "The site works without script and without network, from a disk too. Every chart has a title, a description and a table with the same figures. Colours differ for every eye, and each series has a shape of its own.", "De site werkt zonder script en zonder netwerk, ook vanaf een schijf. Elke grafiek heeft een titel, een beschrijving en een tabel met dezelfde cijfers. Kleuren verschillen voor ieder oog, en elke reeks heeft een eigen vorm.";
    about_protection: "What protection did", "Wat de bescherming deed";
    about_cells: "Cells", "Cellen";
    about_hidden: "Hidden", "Verborgen";
    about_share: "Share", "Deel";
    bytes: "bytes", "bytes";
}

/// The texts in `language`.
pub(crate) fn texts(language: Language) -> &'static Texts {
    match language {
        Language::En => &EN,
        Language::Nl => &NL,
    }
}

impl Texts {
    pub(crate) fn unit(&self, unit: Unit) -> &'static str {
        match unit {
            Unit::Persons => self.persons,
            Unit::Reports => self.reports,
            Unit::Events => self.events,
            Unit::Amounts => self.amounts,
        }
    }
}

/// Puts values in the places of a text: `fill("in {year}", &[("year", "2019")])`. What is put in is
/// not searched again.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open);
        out.push_str(before);
        let found = after[1..].find('}').and_then(|end| {
            let name = &after[1..=end];
            values.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v, end + 2))
        });
        if let Some((value, length)) = found {
            out.push_str(value);
            rest = &after[length..];
        } else {
            out.push('{');
            rest = &after[1..];
        }
    }
    out.push_str(rest);
    out
}

/// The first letter as a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|p| p.0)).collect()
    }

    #[test]
    fn both_languages_have_the_same_places_to_fill() {
        for (name, en, nl) in ALL {
            assert!(!en.is_empty() && !nl.is_empty(), "{name}");
            assert_eq!(places(en), places(nl), "{name}");
        }
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(fill("{a} and {b} {c}", &[("a", "{b}"), ("b", "2")]), "{b} and 2 {c}");
    }
}
