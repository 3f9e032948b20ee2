; Blocks are moved one by one, each to a clear place where it fits.
(define (domain rearrange)
  (:requirements :strips :typing :negative-preconditions)
  (:types block pad bare - thing)
  (:predicates
    (on ?b - block ?x - thing)
    (clear ?x - thing)
    (askew ?b - block)
    (holding ?b - block)
    (hand-empty)
    (fits ?b - block ?x - thing))
  (:action pick
    :parameters (?b - block ?x - thing)
    :precondition (and (hand-empty) (clear ?b) (on ?b ?x))
    :effect (and (holding ?b) (clear ?x) (not (hand-empty)) (not (on ?b ?x)) (not (clear ?b))))
  (:action place
    :parameters (?b - block ?x - thing)
    :precondition (and (holding ?b) (clear ?x) (fits ?b ?x))
    :effect (and (on ?b ?x) (clear ?b) (hand-empty) (not (askew ?b)) (not (holding ?b)) (not (clear ?x)))))
