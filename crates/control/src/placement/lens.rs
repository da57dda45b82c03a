//! What one shape of pods sees of the nodes, in columns of its own that follow the cluster's changes: which nodes would do as
//! far as the node itself decides, how they score, and how many pods of each wanted set are in each domain. A decision is a few
//! passes over these columns; a change of a node costs the work for one row.
use super::{
    cluster::{Cluster, NodeFacts, NodeId},
    filter,
    pod::PodFacts,
    profile::Filter,
    score,
    spread::{self, HOSTNAME},
    tally::{NOWHERE, Tally},
    terms::{Bearing, Carried, Matcher, Spread},
};
use rustc_hash::FxHashMap;
use std::{borrow::Cow, sync::Arc};

/// Lenses kept at once, and rows that they hold together; those not used for longest go first.
const LENSES_MAX: usize = 256;
const LENS_ROWS_MAX: usize = 1 << 22;

/// Where a tally's counts come from.
#[derive(Debug)]
enum Source {
    Set(Arc<Matcher>),
    Bearer(Arc<str>),
}

impl Source {
    fn count(&self, cluster: &Cluster, id: NodeId) -> i64 {
        match self {
            Self::Set(matcher) => cluster.census.count_at(matcher, id),
            Self::Bearer(bearer) => cluster.census.bearers_at(bearer, id),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Hard(usize),
    Soft(usize),
    Near,
    Apart,
    Prefers(i64),
    Carried(Bearing),
}

/// One relation of the pods to others.
#[derive(Debug)]
struct View {
    part: Part,
    source: Source,
    tally: Tally,
}

/// The columns of one shape.
#[derive(Debug)]
pub(super) struct Lens {
    position: u64,
    epoch: u64,
    bearers: u64,
    images: u64,
    images_known: bool,
    asked: u64,
    generation: Vec<u32>,
    /// Would do by what only changes with the node.
    allowed: Vec<bool>,
    /// And has room now.
    open: Vec<bool>,
    /// Score by resources.
    base: Vec<i64>,
    image: Vec<i64>,
    /// Untolerated `PreferNoSchedule` taints, and the weights of node preferences.
    soft: Vec<i64>,
    /// Rows with such taints.
    tainted: usize,
    liked: Vec<i64>,
    views: Vec<View>,
    /// Rows looked at so far.
    pub work: u64,
}

/// The node to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Choice {
    pub node: NodeId,
    pub feasible: usize,
}

impl Lens {
    fn new(pod: &PodFacts) -> Self {
        let relations = &pod.relations;
        let mut views = Vec::new();
        let mut add = |part: Part, matcher: &Arc<Matcher>, key: &str| {
            views.push(View { part, source: Source::Set(matcher.clone()), tally: Tally::new(key, 0) });
        };
        for (at, constraint) in relations.spread_hard.iter().enumerate() {
            add(Part::Hard(at), &constraint.matcher, &constraint.topology_key);
        }
        for (at, constraint) in relations.spread_soft.iter().enumerate() {
            add(Part::Soft(at), &constraint.matcher, &constraint.topology_key);
        }
        if let Some(all) = &relations.near_all {
            relations.near.iter().for_each(|term| add(Part::Near, all, &term.topology_key));
        }
        relations.apart.iter().for_each(|term| add(Part::Apart, &term.matcher, &term.topology_key));
        relations.preferred.iter().for_each(|(w, term)| add(Part::Prefers(*w), &term.matcher, &term.topology_key));
        Self {
            position: 0,
            epoch: 0,
            bearers: 0,
            images: 0,
            images_known: false,
            asked: 0,
            generation: Vec::new(),
            allowed: Vec::new(),
            open: Vec::new(),
            base: Vec::new(),
            image: Vec::new(),
            soft: Vec::new(),
            tainted: 0,
            liked: Vec::new(),
            views,
            work: 0,
        }
    }

    fn rows(&self) -> usize {
        self.open.len()
    }

    fn grow(&mut self, rows: usize) {
        self.generation.resize(rows, 0);
        self.allowed.resize(rows, false);
        self.open.resize(rows, false);
        for column in [&mut self.base, &mut self.image, &mut self.soft, &mut self.liked] {
            column.resize(rows, 0);
        }
        self.views.iter_mut().for_each(|view| view.tally.grow(rows));
    }

    /// Takes in what changed since the last time. The cluster counts the sets that the pod asks for.
    fn follow(&mut self, pod: &PodFacts, cluster: &Cluster) {
        self.grow(cluster.rows());
        self.follow_bearers(pod, cluster);
        let changes = cluster.changes_since(self.position).filter(|_| self.epoch == cluster.epoch);
        match changes {
            Some(rows) => rows.for_each(|row| self.look(row, pod, cluster)),
            None => {
                self.generation.fill(0);
                (0..cluster.rows()).for_each(|row| self.look(row, pod, cluster));
            }
        }
        (self.position, self.epoch) = (cluster.position(), cluster.epoch);
        if self.images != cluster.images_epoch {
            self.images = cluster.images_epoch;
            let known = pod.images.iter().any(|image| cluster.image_nodes.contains_key(image));
            if !known && !self.images_known {
                return;
            }
            self.images_known = known;
            self.image.fill(0);
            let scores = cluster.nodes().map(|(id, _)| (id, score::image_locality(pod, cluster, id)));
            scores.for_each(|(id, score)| self.image[id.row()] = score);
        }
    }

    /// The terms of placed pods that are about these pods come and go.
    fn follow_bearers(&mut self, pod: &PodFacts, cluster: &Cluster) {
        if self.bearers == cluster.census.bearers_epoch() && self.epoch == cluster.epoch {
            return;
        }
        self.bearers = cluster.census.bearers_epoch();
        let mut wanted: FxHashMap<&Arc<str>, &Carried> =
            cluster.census.about(pod, &cluster.namespaces).map(|(carried, _)| (&carried.id, carried)).collect();
        self.views.retain(|view| match &view.source {
            Source::Bearer(id) => wanted.remove(id).is_some(),
            Source::Set(_) => true,
        });
        for (id, carried) in wanted {
            let mut tally = Tally::new(&carried.term.topology_key, self.rows());
            for (node, facts) in cluster.nodes() {
                let value = facts.labels.get(&tally.key).map(String::as_str);
                tally.place(node.row(), value, true);
                tally.set(node.row(), cluster.census.bearers_at(id, node));
            }
            self.views.push(View { part: Part::Carried(carried.bearing), source: Source::Bearer(id.clone()), tally });
        }
    }

    /// Looks at one row again.
    fn look(&mut self, row: usize, pod: &PodFacts, cluster: &Cluster) {
        self.work += 1;
        let id = cluster.id(row);
        let generation = cluster.generation[row];
        let Some(node) = &cluster.facts[row] else {
            (self.allowed[row], self.open[row], self.generation[row]) = (false, false, generation);
            self.set_soft(row, 0);
            self.views.iter_mut().for_each(|view| view.tally.place(row, None, false));
            return;
        };
        if self.generation[row] != generation {
            self.generation[row] = generation;
            self.look_at_node(row, pod, node);
        }
        for view in &mut self.views {
            view.tally.set(row, view.source.count(cluster, id));
        }
        self.open[row] = self.allowed[row] && filter::has_room(pod, cluster, id);
        self.base[row] = score::by_resources(pod, cluster, id);
    }

    fn set_soft(&mut self, row: usize, taints: i64) {
        self.tainted -= usize::from(self.soft[row] > 0);
        self.tainted += usize::from(taints > 0);
        self.soft[row] = taints;
    }

    fn look_at_node(&mut self, row: usize, pod: &PodFacts, node: &NodeFacts) {
        self.allowed[row] = filter::refuse_node(pod, node).is_none();
        self.set_soft(row, score::soft_taints(pod, node));
        self.liked[row] = pod.selection.liking(&node.name, &node.labels);
        let relations = &pod.relations;
        for view in &mut self.views {
            let takes_part = |all: &[Spread], at: usize| {
                (relations.any_label || spread::has_all(all, node)) && spread::included(&all[at], pod, node)
            };
            let counted = match view.part {
                Part::Hard(at) => takes_part(&relations.spread_hard, at),
                Part::Soft(at) => takes_part(&relations.spread_soft, at),
                _ => true,
            };
            let value = node.labels.get(&view.tally.key).map(String::as_str);
            view.tally.place(row, value, counted);
        }
    }

    /// The rows that would do.
    fn feasible(&self, pod: &PodFacts, cluster: &Cluster) -> Cow<'_, [bool]> {
        let mut open = Cow::Borrowed(self.open.as_slice());
        let near = || self.views.iter().filter(|view| view.part == Part::Near);
        let itself = || pod.relations.near_all.as_ref().is_some_and(|all| all.matches(pod, &cluster.namespaces));
        let first = near().all(|view| view.tally.total() == 0) && itself();
        for view in &self.views {
            let tally = &view.tally;
            let hard = matches!(view.part, Part::Hard(_));
            let mut good: Vec<bool> = match view.part {
                Part::Hard(at) => spread_allows(&pod.relations.spread_hard[at], tally, pod, cluster),
                Part::Near => tally.sums().iter().map(|sum| first || *sum > 0).collect(),
                Part::Carried(Bearing::Repels) if !pod.profile.filters.has(Filter::PodAffinity) => continue,
                Part::Apart | Part::Carried(Bearing::Repels) => tally.sums().iter().map(|sum| *sum == 0).collect(),
                Part::Soft(_) | Part::Prefers(_) | Part::Carried(_) => continue,
            };
            good[NOWHERE] = matches!(view.part, Part::Apart | Part::Carried(_));
            // Every node is counted but for hard spreading, so where all domains with nodes are good nothing closes.
            if hard || !tally.all(|domain, _| good[domain]) {
                let rows = open.to_mut().iter_mut().zip(&tally.domain);
                rows.for_each(|(open, domain)| *open &= good[*domain as usize]);
            }
        }
        open
    }

    /// Chooses among the rows that would do, `seed` among the best of them.
    fn choose(&self, pod: &PodFacts, cluster: &mut Cluster, seed: u64) -> Option<Choice> {
        let mut open = self.feasible(pod, cluster);
        if !pod.node_name.is_empty() && pod.profile.filters.has(Filter::NodeName) {
            let only = cluster.find(&pod.node_name).map(NodeId::row);
            open.to_mut().iter_mut().enumerate().for_each(|(row, open)| *open &= Some(row) == only);
        }
        for (id, others) in cluster.promised(pod) {
            if open[id.row()] {
                open.to_mut()[id.row()] = filter::refuse_beside(pod, cluster, id, &others).is_empty();
            }
        }
        if self.tainted == 0
            && !pod.selection.has_preferences()
            && pod.relations.spread_soft.is_empty()
            && self.is_flat(pod)
        {
            return self.emptiest(&open, pod.profile.weights.images, seed);
        }
        let rows: Vec<u32> = (0..).zip(&*open).filter(|(_, open)| **open).map(|(row, _)| row).collect();
        let row = match rows.as_slice() {
            [] => return None,
            [only] => *only,
            _ => self.best(&rows, pod, seed),
        };
        Some(Choice { node: NodeId(row), feasible: rows.len() })
    }

    /// Whether others attract or repel the pod the same everywhere.
    fn is_flat(&self, pod: &PodFacts) -> bool {
        self.views.iter().all(|view| attracts(view.part, pod).is_none() || flat(&view.tally))
    }

    /// The best row where only resources and images make a difference: what [`Self::best`] answers, in two passes.
    fn emptiest(&self, open: &[bool], images: i64, seed: u64) -> Option<Choice> {
        let scores = || self.base.iter().zip(&self.image).map(|(base, image)| base + image * images);
        let (mut top, mut ties, mut feasible) = (i64::MIN, 0_u64, 0);
        for (score, _) in scores().zip(open).filter(|(_, open)| **open) {
            feasible += 1;
            if score > top {
                (top, ties) = (score, 0);
            }
            ties += u64::from(score == top);
        }
        let nth = usize::try_from(seed % ties.max(1)).unwrap_or(0);
        let mut best = (0..).zip(scores().zip(open)).filter(|(_, (score, open))| **open && *score == top);
        best.nth(nth).map(|(row, _)| Choice { node: NodeId(row), feasible })
    }

    fn best(&self, rows: &[u32], pod: &PodFacts, seed: u64) -> u32 {
        let of = |column: &[i64]| rows.iter().map(|row| column[*row as usize]).collect::<Vec<i64>>();
        let weights = pod.profile.weights;
        let mut totals = of(&self.base);
        totals.iter_mut().zip(rows).for_each(|(total, row)| *total += self.image[*row as usize] * weights.images);
        score::add_reversed(&mut totals, &of(&self.soft), weights.taints);
        if pod.selection.has_preferences() {
            score::add_normalised(&mut totals, &of(&self.liked), weights.node_affinity);
        }
        if let Some(spread) = self.spreading(rows, pod) {
            totals.iter_mut().zip(spread).for_each(|(total, score)| *total += score * weights.spread);
        }
        if let Some(sums) = self.attraction(rows, pod) {
            score::add_stretched(&mut totals, &sums, weights.pod_affinity);
        }
        score::pick(rows, &totals, seed)
    }

    fn soft_views(&self) -> impl Iterator<Item = (usize, &Tally)> {
        self.views.iter().filter_map(|view| match view.part {
            Part::Soft(at) => Some((at, &view.tally)),
            _ => None,
        })
    }

    /// Scores by soft spread constraints.
    fn spreading(&self, rows: &[u32], pod: &PodFacts) -> Option<Vec<i64>> {
        let constraints = &pod.relations.spread_soft;
        if constraints.is_empty() {
            return None;
        }
        let part = |row: &u32| {
            pod.relations.any_label
                || self.soft_views().all(|(_, tally)| tally.domain[*row as usize] as usize != NOWHERE)
        };
        let takes_part: Vec<bool> = rows.iter().map(part).collect();
        let candidates = takes_part.iter().filter(|part| **part).count();
        let mut raw = vec![0.0_f64; rows.len()];
        for (at, tally) in self.soft_views() {
            let constraint = &constraints[at];
            let host = constraint.topology_key == HOSTNAME;
            let domains = if host { candidates } else { distinct(tally, rows, &takes_part) };
            let weight = spread::weight(domains);
            for ((score, row), part) in raw.iter_mut().zip(rows).zip(&takes_part) {
                let row = *row as usize;
                let domain = tally.domain[row] as usize;
                if *part && domain != NOWHERE {
                    // A node's own pods count whatever the constraint's policies say of the node.
                    let count = if host { tally.at(row) } else { tally.sums()[domain] };
                    *score += spread::score_for(count, constraint.max_skew, weight);
                }
            }
        }
        Some(spread::normalise(&raw, &takes_part))
    }

    /// Sums of the weights by which others attract or repel, when there are any.
    fn attraction(&self, rows: &[u32], pod: &PodFacts) -> Option<Vec<i64>> {
        let mut sums: Option<Vec<i64>> = None;
        for view in &self.views {
            let Some(weight) = attracts(view.part, pod) else { continue };
            // What is the same for all nodes moves no node before another.
            if flat(&view.tally) {
                continue;
            }
            let sums = sums.get_or_insert_with(|| vec![0; rows.len()]);
            for (sum, row) in sums.iter_mut().zip(rows) {
                let domain = view.tally.domain[*row as usize] as usize;
                if domain != NOWHERE {
                    *sum += weight * view.tally.sums()[domain];
                }
            }
        }
        sums
    }

    fn is_overgrown(&self) -> bool {
        self.views.iter().any(|view| view.tally.domains() > 2 * self.rows() + LENSES_MAX)
    }
}

/// The weight by which the pods of a view draw this one.
fn attracts(part: Part, pod: &PodFacts) -> Option<i64> {
    let unmoved = pod.profile.ignores_preferences && pod.relations.preferred.is_empty();
    match part {
        Part::Prefers(weight) => Some(weight),
        Part::Carried(bearing) => bearing.weight(&pod.profile).filter(|_| !unmoved),
        _ => None,
    }
}

/// Whether all nodes have as many of the pods near, those outside of the topology none.
fn flat(tally: &Tally) -> bool {
    let near = |domain: usize, sum: i64| if domain == NOWHERE { 0 } else { sum };
    let least = std::cell::OnceCell::new();
    tally.total() == 0 || tally.all(|domain, sum| *least.get_or_init(|| near(domain, sum)) == near(domain, sum))
}

/// By domain: whether one more pod keeps the skew.
fn spread_allows(constraint: &Spread, tally: &Tally, pod: &PodFacts, cluster: &Cluster) -> Vec<bool> {
    let (least, domains) = tally.fewest();
    let least = if domains < constraint.min_domains || domains == 0 { 0 } else { least };
    let own = i64::from(constraint.matcher.matches(pod, &cluster.namespaces));
    tally.sums().iter().map(|sum| sum + own - least <= constraint.max_skew).collect()
}

/// Different domains of the rows that take part.
fn distinct(tally: &Tally, rows: &[u32], takes_part: &[bool]) -> usize {
    let mut seen = vec![false; tally.domains()];
    for (row, _) in rows.iter().zip(takes_part).filter(|(_, part)| **part) {
        seen[tally.domain[*row as usize] as usize] = true;
    }
    seen.into_iter().filter(|seen| *seen).count()
}

/// The lenses of the shapes that were decided on last.
#[derive(Debug, Default)]
pub(super) struct Lenses {
    kept: FxHashMap<Arc<str>, Lens>,
    asked: u64,
    /// Rows looked at in all decisions so far.
    pub work: u64,
}

impl Lenses {
    fn make_room(&mut self, rows: usize) {
        while self.kept.len() >= LENSES_MAX || (self.kept.len() + 1) * rows > LENS_ROWS_MAX && !self.kept.is_empty() {
            let oldest = self.kept.iter().min_by_key(|(_, lens)| lens.asked).map(|(id, _)| id.clone());
            let Some(oldest) = oldest else { return };
            self.kept.remove(&oldest);
        }
    }
}

/// The node for a pod, if one would do. The cluster has been prepared for the pod.
pub(super) fn choose(pod: &PodFacts, cluster: &mut Cluster, seed: u64) -> Option<Choice> {
    let known = cluster.lenses.kept.remove(&pod.shape.id).filter(|lens| !lens.is_overgrown());
    let mut lens = known.unwrap_or_else(|| Lens::new(pod));
    let before = lens.work;
    lens.follow(pod, cluster);
    let choice = lens.choose(pod, cluster, seed);
    let rows = cluster.rows();
    let lenses = &mut cluster.lenses;
    lenses.work += lens.work - before;
    lenses.asked += 1;
    lens.asked = lenses.asked;
    lenses.make_room(rows);
    lenses.kept.insert(pod.shape.id.clone(), lens);
    choice
}
